// A question that several components ask at the same time is asked once: the list of alerts, what the
// server says of itself.
import { useSyncExternalStore } from "react";
import { isAbort } from "./client";

export interface SharedState<T> {
  data: T | undefined;
  error: string | undefined;
  first: boolean;
  at: number;
}

export interface Shared<T> {
  use: () => SharedState<T>;
  /** Rendered again only when what is picked is another: a number, a text, a truth. */
  pick: <R extends string | number | boolean | undefined>(of: (data: T | undefined, error: string | undefined) => R) => R;
  /** Asks now: after an action, or when the live stream says something changed. */
  again: () => void;
}

/** A question that takes long is asked less often: at most a twentieth of the time is spent on it. */
const SHARE = 20;

export function shared<T>(question: (signal: AbortSignal) => Promise<T>, every: number): Shared<T> {
  let state: SharedState<T> = { data: undefined, error: undefined, first: true, at: 0 };
  const readers = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: AbortController | undefined;
  let failures = 0;
  let wanted = false;

  const tell = (next: SharedState<T>) => {
    state = next;
    readers.forEach((reader) => reader());
  };
  const run = async () => {
    clearTimeout(timer);
    if (abort) {
      wanted = true;
      return;
    }
    const own = (abort = new AbortController());
    const began = performance.now();
    try {
      const data = await question(own.signal);
      failures = 0;
      tell({ data, error: undefined, first: false, at: Date.now() });
    } catch (error) {
      if (!isAbort(error)) {
        failures++;
        tell({ ...state, error: error instanceof Error ? error.message : String(error), first: false });
      }
    }
    if (abort === own) abort = undefined;
    if (readers.size === 0) return;
    const took = performance.now() - began;
    const wait = Math.max(Math.min(every * 2 ** Math.min(failures, 4), Math.max(every, 15_000)), took * SHARE);
    timer = setTimeout(tick, wanted ? Math.max(200, took) : wait);
    wanted = false;
  };
  const tick = () => {
    if (!document.hidden) return void run();
    timer = setTimeout(tick, every);
  };
  const again = () => {
    if (readers.size > 0) void run();
  };
  if (typeof document !== "undefined") document.addEventListener("visibilitychange", () => !document.hidden && again());

  const subscribe = (reader: () => void) => {
    readers.add(reader);
    if (readers.size === 1) void run();
    return () => {
      readers.delete(reader);
      if (readers.size > 0) return;
      clearTimeout(timer);
      abort?.abort();
      abort = undefined;
    };
  };
  return {
    use: () => useSyncExternalStore(subscribe, () => state),
    pick: (of) => useSyncExternalStore(subscribe, () => of(state.data, state.error)),
    again,
  };
}
