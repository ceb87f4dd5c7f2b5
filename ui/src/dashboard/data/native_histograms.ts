// Native histograms of a range query. Their buckets come with bounds of their own at each step.
import { ask } from "../../api/client";
import { arrayOf, objectOf, objectsOf } from "../model/json";
import type { Histogram } from "./frame";
import type { LabelSet } from "./prometheus_frames";

export interface HistogramSeries {
  metric: LabelSet;
  points: Histogram[];
}

export function histogramsOf(data: unknown): HistogramSeries[] {
  return objectsOf(objectOf(data).result)
    .map((series) => ({
      metric: objectOf(series.metric) as Record<string, string>,
      points: arrayOf(series.histograms).flatMap((pair): Histogram[] => {
        if (!Array.isArray(pair)) return [];
        const json = objectOf(pair[1]);
        // [how the bounds are meant, lower, upper, count]
        const buckets = arrayOf(json.buckets).flatMap((b): [number, number, number][] => (Array.isArray(b) ? [[Number(b[1]), Number(b[2]), Number(b[3])]] : []));
        return [{ timeMs: Number(pair[0]) * 1000, count: Number(json.count), sum: Number(json.sum), buckets }];
      }),
    }))
    .filter(({ points }) => points.length > 0);
}

export async function histogramRange(query: string, start: number, end: number, step: number, signal: AbortSignal): Promise<HistogramSeries[]> {
  return histogramsOf(await ask<unknown>("query_range", { query, start, end, step }, { post: "form", signal }));
}

// All buckets that occur, lowest first, with their counts at each time; several series are added up.
export function histogramRows(series: readonly HistogramSeries[]): { times: Float64Array; rows: { lower: number; upper: number; values: Float64Array }[] } {
  const times = Float64Array.from([...new Set(series.flatMap((s) => s.points.map((p) => p.timeMs / 1000)))].sort((a, b) => a - b));
  const at = new Map(Array.from(times, (time, i) => [time, i] as const));
  const rows = new Map<string, { lower: number; upper: number; values: Float64Array }>();
  for (const { points } of series)
    for (const point of points)
      for (const [lower, upper, count] of point.buckets) {
        const key = `${lower} ${upper}`;
        const row = rows.get(key) ?? { lower, upper, values: new Float64Array(times.length) };
        rows.set(key, row);
        row.values[at.get(point.timeMs / 1000)!]! += count;
      }
  return { times, rows: [...rows.values()].sort((a, b) => a.lower - b.lower || a.upper - b.upper) };
}
