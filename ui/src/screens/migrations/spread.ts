// Pure functions of the Migrations screen: how durations spread over buckets, and which causes are worse than usual.
type Rows = readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[];
const last = (values: ArrayLike<number>) => (values.length ? values[values.length - 1]! : NaN);

export interface Bar {
  /** Seconds; the last one is endless. */
  from: number;
  to: number;
  count: number;
}
export const pairKey = (metric: Readonly<Record<string, string>>) => `${metric.source ?? ""}\u0000${metric.destination ?? ""}`;

/** Cumulative buckets (`le`) of each pair of regions as bars of their own; what rounding made negative is nothing. */
export function spreads(rows: Rows): Map<string, Bar[]> {
  const found = new Map<string, { le: number; count: number }[]>();
  for (const { metric, values } of rows) {
    const le = metric.le === "+Inf" ? Infinity : Number(metric.le);
    const count = last(values);
    if (metric.le === undefined || Number.isNaN(le) || Number.isNaN(count)) continue;
    const list = found.get(pairKey(metric)) ?? [];
    list.push({ le, count });
    found.set(pairKey(metric), list);
  }
  const out = new Map<string, Bar[]>();
  for (const [key, list] of found) {
    list.sort((a, b) => a.le - b.le);
    let below = 0;
    out.set(
      key,
      list.map(({ le, count }, i): Bar => {
        const bar = { from: i ? list[i - 1]!.le : 0, to: le, count: Math.max(0, count - below) };
        below = Math.max(below, count);
        return bar;
      }),
    );
  }
  return out;
}

export interface Cause {
  component: string;
  type: string;
  /** Per minute, now and in the hour before. */
  now: number;
  before: number;
  /** How many times the hour before; infinite where there was nothing. */
  times: number;
  worse: boolean;
}
const LEAST = 1; // a minute: below it nothing is worse
const WORSE = 3;

/** The causes that grew most come first; of those that did not, the most frequent. */
export function causesOf(now: Rows, before: Rows): Cause[] {
  const keyOf = (metric: Readonly<Record<string, string>>) => `${metric.component ?? ""}\u0000${metric.error_type ?? ""}`;
  const usual = new Map(before.map(({ metric, values }) => [keyOf(metric), last(values)]));
  return now
    .map(({ metric, values }): Cause => {
      const value = last(values);
      const was = usual.get(keyOf(metric)) ?? NaN;
      const times = was > 0 ? value / was : value > 0 ? Infinity : NaN;
      return { component: metric.component ?? "", type: metric.error_type ?? "", now: value, before: was, times, worse: value >= LEAST && times >= WORSE };
    })
    .filter(({ now: value }) => value > 0)
    .sort((a, b) => Number(b.worse) - Number(a.worse) || (a.worse ? b.times - a.times || b.now - a.now : b.now - a.now));
}
