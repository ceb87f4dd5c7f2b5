// What the whole board shares reaches its panels one after another, within the drawing loop's time, so that no
// frame renders all of them.
import { useEffect, useReducer, useRef } from "react";
import { flushSync } from "react-dom";
import { schedule, unschedule } from "../data/frame_loop";

/** `value` in the component's turn; at once where `hurries` says so of what it has. */
export function usePaced<T>(value: T, hurries: (held: T) => boolean): T {
  const held = useRef(value);
  const [, again] = useReducer((n: number) => n + 1, 0);
  if (hurries(held.current)) held.current = value;
  useEffect(() => {
    if (held.current === value) return;
    const take = () => {
      held.current = value;
      flushSync(again);
    };
    schedule(take);
    return () => unschedule(take);
  }, [value]);
  return held.current;
}
