// The same questions at a moment of the past: asked once, over the same grid as a live frame.
import { instant, rangeQuery } from "../api/prometheus";
import { Frame } from "./frame";
import type { LiveQuery } from "./protocol";

/** Points on multiples of the step up to `moment`; with a range of 0 the value at `moment` itself. */
export async function frameAt({ expr, step, range }: LiveQuery, moment: number, signal: AbortSignal): Promise<Frame> {
  const frame = new Frame(step, range);
  if (range === 0) {
    const found = await instant(expr, moment, { signal });
    frame.reset(moment, found.map(({ metric, value }, i) => [i, metric, [value]]), 1);
    return frame;
  }
  const end = Math.floor(moment / step) * step;
  const start = end - Math.floor(range / step) * step;
  const count = Math.round((end - start) / step) + 1;
  const { series } = await rangeQuery(expr, start, end, step, { signal });
  frame.reset(
    start,
    series.map(({ metric, times, values }, i) => {
      const row = new Float64Array(count).fill(NaN);
      times.forEach((time, k) => (row[Math.round((time - start) / step)] = values[k]!));
      return [i, metric, row];
    }),
    count,
  );
  return frame;
}
