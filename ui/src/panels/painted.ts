// Panels that are a picture: each tick is painted past React, which renders what is around it when that changes.
import { useEffect, useReducer, useRef } from "react";
import { flushSync } from "react-dom";
import type { PanelData, PanelSource } from "../dashboard/data/panel_source";

/** What is newer: a view that paints its ticks may be rendered for something else after many of them. */
export function newestOf(source: PanelSource, data: PanelData): PanelData {
  const now = source.snapshot();
  return now.version > data.version ? now : data;
}

/** The picture of what a component is given, and after a tick that of the tick: none that is off the screen is kept. */
export function usePicture<T>(make: () => T, of: readonly unknown[]): { current: T } {
  const held = useRef<{ of: readonly unknown[]; current: T }>(null);
  const before = held.current;
  if (before === null || before.of.some((one, i) => !Object.is(one, of[i]))) held.current = { of, current: make() };
  return held.current!;
}

function failed(_: null, error: unknown): null {
  throw error;
}

/** Calls `tick` in the page's drawing loop, after components have been rendered. What it throws is thrown by the component,
 *  whose boundary says so: a panel that only stood still would show the past for now. */
export function useTicks(source: PanelSource, tick: () => void): void {
  const [, fail] = useReducer(failed, null);
  const newest = useRef(tick);
  newest.current = tick;
  useEffect(
    () =>
      source.onDraw(() => {
        try {
          newest.current();
        } catch (error) {
          flushSync(() => fail(error));
        }
      }),
    [source],
  );
}

/** Calls `paint` with the data of each tick. Where it says false, what is around the picture has changed, and the component
 *  is rendered in the same task. */
export function usePainted(source: PanelSource, rendered: PanelData, paint: (data: PanelData) => boolean): void {
  const [, render] = useReducer((n: number) => n + 1, 0);
  const seen = useRef(rendered);
  seen.current = rendered;
  useTicks(source, () => {
    const data = source.snapshot();
    if (data === seen.current) return;
    seen.current = data;
    if (!paint(data)) flushSync(render);
  });
}
