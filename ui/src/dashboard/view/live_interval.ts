// While a range is live, values come over the stream and the page's clock need not make every panel anew at each
// of its beats: the interval moves in steps of ten seconds.
import { useMemo } from "react";

const STEP = 10;

export function useLiveInterval(interval: { from: number; to: number }, live: number): { from: number; to: number } {
  const width = interval.to - interval.from;
  const to = live > 0 ? Math.floor(interval.to / STEP) * STEP : interval.to;
  return useMemo(() => ({ from: to - width, to }), [to, width]);
}
