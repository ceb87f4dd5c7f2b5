// Native histograms of a range. Their buckets come with bounds of their own at each time.
import { arrayOf, objectOf } from "../model/json";
import type { Histogram } from "./frame";
import type { LabelSet } from "./prometheus_frames";

export interface BucketRow {
  lower: number;
  upper: number;
  values: Float64Array;
}

export interface HistogramSeries {
  metric: LabelSet;
  points: Histogram[];
}

// The API's {count, sum, buckets: [[how the bounds are meant, lower, upper, count], …]}. Live frames hold the same
// objects from tick to tick: each is read once.
const read = new WeakMap<object, Omit<Histogram, "timeMs">>();

export function histogramOf(timeMs: number, json: object): Histogram {
  let known = read.get(json);
  if (known === undefined) {
    const { count, sum, buckets } = objectOf(json);
    known = {
      count: Number(count),
      sum: Number(sum),
      buckets: arrayOf(buckets).flatMap((b): [number, number, number][] => (Array.isArray(b) ? [[Number(b[1]), Number(b[2]), Number(b[3])]] : [])),
    };
    read.set(json, known);
  }
  return { timeMs, ...known };
}

// Series of a range query.
export function histogramSeries(series: readonly { metric: LabelSet; histograms?: readonly (readonly [number, object])[] }[]): HistogramSeries[] {
  return series.flatMap(({ metric, histograms }) => (histograms === undefined || histograms.length === 0 ? [] : [{ metric, points: histograms.map(([time, json]) => histogramOf(time * 1000, json)) }]));
}

// Series of a live frame.
export function liveHistograms(times: Float64Array, series: readonly { metric: LabelSet; histograms?: readonly (object | null)[] }[]): HistogramSeries[] {
  return series.flatMap(({ metric, histograms }) => {
    const points = (histograms ?? []).flatMap((json, i): Histogram[] => (json === null ? [] : [histogramOf(times[i]! * 1000, json)]));
    return points.length === 0 ? [] : [{ metric, points }];
  });
}

// All buckets that occur, lowest first, with their counts at each time; several series are added up. Done at each tick
// of a live heatmap: tens of thousands of buckets, so no text is made of a bucket.
export function histogramRows(series: readonly HistogramSeries[]): { times: Float64Array; rows: BucketRow[] } {
  const moments = [...new Set(series.flatMap((s) => s.points.map((p) => p.timeMs)))].sort((a, b) => a - b);
  const columns = new Map(moments.map((time, i) => [time, i] as const));
  const byLower = new Map<number, BucketRow[]>();
  for (const { points } of series)
    for (const { timeMs, buckets } of points) {
      const column = columns.get(timeMs)!;
      for (const [lower, upper, count] of buckets) {
        let same = byLower.get(lower);
        if (same === undefined) byLower.set(lower, (same = []));
        let row = same.find((one) => one.upper === upper);
        if (row === undefined) same.push((row = { lower, upper, values: new Float64Array(moments.length) }));
        row.values[column]! += count;
      }
    }
  return { times: Float64Array.from(moments, (ms) => ms / 1000), rows: [...byLower.values()].flat().sort((a, b) => a.lower - b.lower || a.upper - b.upper) };
}
