// A live board's range goes on with the clock. Most panels have nothing to take from that: their values come by
// themselves, and their texts do not name it.
import { useMemo, useRef, useSyncExternalStore } from "react";
import type { Interval, MovingRange } from "../../time/range";
import type { Panel } from "../model/board";
import { rangeBuiltins, withBuiltins, type Scope } from "../model/scope";

const widthOf = ({ from, to }: Interval) => Math.round(to - from);

/** The range as it is now; for as long as `stays` says so, as it was before only its ends moved. */
export function useTakenRange(range: MovingRange, stays: () => boolean): Interval {
  const taken = useRef<{ of: MovingRange; interval: Interval }>(null);
  return useSyncExternalStore(range.watch, () => {
    const interval = range.now();
    const held = taken.current;
    if (held !== null && held.of === range && (held.interval === interval || (stays() && widthOf(held.interval) === widthOf(interval)))) return held.interval;
    taken.current = { of: range, interval };
    return interval;
  });
}

const NAMES_ENDS = /__from|__to\b/;
const NAMES_RANGE = /__url_time_range/;
const known = new WeakMap<object, { ends: boolean; range: boolean }>();

/** Whether queries, texts or links of a panel, row or list of links say from when to when. The range of an address
 *  (`search`) is what it says there, "now" as a rule; only where it says nothing is it that of the clock. */
export function namesEnds(texts: Panel | readonly object[], search: string): boolean {
  let names = known.get(texts);
  if (names === undefined) {
    const text = JSON.stringify(texts);
    known.set(texts, (names = { ends: NAMES_ENDS.test(text), range: NAMES_RANGE.test(text) }));
  }
  return names.ends || (names.range && !saysRange(search));
}

function saysRange(search: string): boolean {
  const given = new URLSearchParams(search);
  return given.has("from") && given.has("to");
}

export function rangeScope(scope: Scope, { from, to }: Interval): Scope {
  return withBuiltins(scope, rangeBuiltins({ fromMs: from * 1000, toMs: to * 1000 }));
}

/** The scope with the ends of the range for what is written around panels: rendered again with them only where they are named. */
export function useRangeScope(scope: Scope, range: MovingRange, texts: Panel | readonly object[], search: string): Scope {
  const interval = useTakenRange(range, () => !namesEnds(texts, search));
  return useMemo(() => rangeScope(scope, interval), [scope, interval]);
}
