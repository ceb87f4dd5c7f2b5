// Data of one question for a component: asked again at an interval, aborted when the component goes,
// and the last good answer stays on the screen while a later one fails.
import { useCallback, useEffect, useRef, useState } from "react";
import { isAbort } from "./client";

export interface Asked<T> {
  data: T | undefined;
  /** Of the newest attempt; cleared by the next that works. */
  error: string | undefined;
  /** True until the first answer or error. */
  first: boolean;
  /** When `data` came. */
  at: number;
  /** Asks anew in a moment, once however often it is called, with the question of the last rendering by then. */
  again: () => void;
}

export interface UseApiOptions {
  /** Milliseconds between questions; 0: asked once for each key. A hidden page does not ask. */
  every?: number;
  enabled?: boolean;
  /** An answer like the last renders nothing: `at` is then when the first of them came. */
  quiet?: boolean;
  /** A new key drops what the old one brought; the default keeps it until the new answer is there. */
  forget?: boolean;
}

interface State<T> {
  key: string;
  data?: T;
  error?: string;
  first: boolean;
  at: number;
}

function isAnswer({ first, error }: { first: boolean; error?: string }): boolean {
  return !first && error === undefined;
}

/** `key` names the question: a new key asks anew. `question` may be a new closure at every render. */
export function useApi<T>(key: string, question: (signal: AbortSignal) => Promise<T>, options: UseApiOptions = {}): Asked<T> {
  const { every = 0, enabled = true, forget = false, quiet = false } = options;
  const [state, setState] = useState<State<T>>({ key, first: true, at: 0 });
  const held = useRef(state);
  const put = (next: State<T>) => setState((held.current = next));
  const latest = useRef(question);
  latest.current = question;
  const ask = useRef(() => {});
  const again = useCallback(() => ask.current(), []);

  useEffect(() => {
    if (!enabled) return;
    let asking = new AbortController();
    let timer = 0;
    let failures = 0;
    const schedule = () => {
      // A server that is down is asked less and less often, at most every 15 s.
      const wait = every > 0 ? Math.min(every * 2 ** Math.min(failures, 5), Math.max(every, 15_000)) : failures ? Math.min(1000 * 2 ** failures, 15_000) : 0;
      if (wait > 0 && !asking.signal.aborted) timer = window.setTimeout(run, wait);
    };
    const run = async () => {
      if (document.hidden && every > 0) return schedule();
      const { signal } = asking;
      try {
        const data = await latest.current(signal);
        if (signal.aborted) return;
        failures = 0;
        const old = held.current;
        if (!(quiet && isAnswer(old) && old.key === key && JSON.stringify(old.data) === JSON.stringify(data))) put({ key, data, first: false, at: Date.now() });
      } catch (error) {
        if (signal.aborted || isAbort(error)) return;
        failures += 1;
        const said = error instanceof Error ? error.message : String(error);
        const old = held.current;
        put({ ...(forget && old.key !== key ? { at: 0 } : old), key, error: said, first: false });
        // What the server refused will be refused again: only a new key or an interval asks anew.
        if (every === 0 && !/does not answer/.test(said)) return;
      }
      schedule();
    };
    let wanted = 0;
    const anew = () => {
      wanted = 0;
      asking.abort();
      asking = new AbortController();
      window.clearTimeout(timer);
      failures = 0;
      void run();
    };
    // A task later: what is wanted many times in a row, as for each alert of a group, is asked once.
    const soon = () => {
      wanted ||= window.setTimeout(anew);
    };
    ask.current = soon;
    void run();
    const seen = () => {
      if (!document.hidden && every > 0) soon();
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      ask.current = () => {};
      asking.abort();
      window.clearTimeout(timer);
      window.clearTimeout(wanted);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, every, enabled, forget]);

  const stale = forget && state.key !== key;
  return { data: stale ? undefined : state.data, error: stale ? undefined : state.error, first: stale || state.first, at: state.at, again };
}
