// What the pointer is over in a chart, and a click that keeps it there, so that the links in its tip can be reached.
import { useEffect, useState } from "react";

export interface Pinned<T> {
  over: T | undefined;
  pinned: boolean;
  move: (next: T | undefined) => void;
  /** `links`: of what is under the pointer; without any there is nothing to keep. */
  click: (links: readonly unknown[]) => void;
}

export function usePinned<T>(): Pinned<T> {
  const [over, setOver] = useState<T | undefined>();
  const [pinned, setPinned] = useState(false);
  useEffect(() => {
    if (!pinned) return;
    const letGo = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setPinned(false);
      setOver(undefined);
    };
    addEventListener("keydown", letGo, true);
    return () => removeEventListener("keydown", letGo, true);
  }, [pinned]);
  return {
    over,
    pinned,
    move: (next) => {
      if (!pinned && next !== over) setOver(next);
    },
    click: (links) => {
      if (pinned) {
        setPinned(false);
        setOver(undefined);
      } else if (over !== undefined && links.length > 0) setPinned(true);
    },
  };
}
