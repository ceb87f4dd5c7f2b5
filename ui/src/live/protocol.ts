// What pages and the shared worker say to each other.
import type { LabelSet } from "../api/prometheus";

export interface LiveQuery {
  expr: string;
  /** Seconds. */
  step: number;
  range: number;
}

export function keyOf({ expr, step, range }: LiveQuery): string {
  return `${step}/${range}/${expr}`;
}

/** A native histogram as the query API writes it: {count, sum, buckets}. Who draws it reads it. */
export type HistogramJson = object;

/** Beside the numbers of a series, which are NaN where it has a histogram. */
export type HistogramRow = (HistogramJson | null)[];

export type ToHub = { kind: "want"; queries: LiveQuery[] } | { kind: "here" } | { kind: "bye" };

export type LiveState = "starting" | "live" | "polling" | "offline";
export type Topic = "alerts" | "annotations" | "dashboards";

export type ToPage =
  | { kind: "state"; state: LiveState }
  | { kind: "history"; key: string; start: number; count: number; series: [number, LabelSet, Float64Array][]; histograms?: [number, HistogramRow][] }
  | { kind: "tick"; key: string; time: number; indexes: Uint32Array; values: Float64Array; fresh: [number, LabelSet][]; histograms?: [number, HistogramJson][] }
  | { kind: "error"; key: string; error: string }
  | { kind: "topic"; topic: Topic; data: unknown }
  | { kind: "several"; messages: ToPage[] };
