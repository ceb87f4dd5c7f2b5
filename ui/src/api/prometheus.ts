// Prometheus' API as the screens use it. Values arrive as texts ("NaN", "+Inf") and become numbers once, here.
import { ask, askWithWarnings, type AskOptions } from "./client";

export type LabelSet = Readonly<Record<string, string>>;
export interface Sample {
  metric: LabelSet;
  time: number;
  value: number;
  /** As the server wrote it: what tests compare and tooltips may show. */
  text: string;
}
export interface Series {
  metric: LabelSet;
  times: Float64Array;
  values: Float64Array;
  /** Native histograms with their times, as the server writes them; no times and values where these are. */
  histograms?: [number, object][];
}

export function number(text: string): number {
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
}

type Pair = [number, string];
type Raw =
  | { resultType: "vector"; result: { metric: LabelSet; value?: Pair }[] }
  | { resultType: "matrix"; result: { metric: LabelSet; values?: Pair[]; histograms?: [number, object][] }[] }
  | { resultType: "scalar" | "string"; result: Pair };

export async function instant(query: string, time?: number, options: AskOptions = {}): Promise<Sample[]> {
  const raw = await ask<Raw>("query", { query, time }, { post: "form", ...options });
  if (raw.resultType === "scalar") return [{ metric: {}, time: raw.result[0], value: number(raw.result[1]), text: raw.result[1] }];
  if (raw.resultType !== "vector") return [];
  return raw.result.flatMap((one) =>
    one.value ? [{ metric: one.metric, time: one.value[0], value: number(one.value[1]), text: one.value[1] }] : [],
  );
}

export interface RangeAnswer {
  series: Series[];
  warnings: string[];
}

export async function rangeQuery(
  query: string,
  start: number,
  end: number,
  step: number,
  options: AskOptions = {},
): Promise<RangeAnswer> {
  const { data, warnings } = await askWithWarnings<Raw>("query_range", { query, start, end, step }, { post: "form", ...options });
  if (data.resultType !== "matrix") return { series: [], warnings };
  return {
    warnings,
    series: data.result.map(({ metric, values = [], histograms }) => {
      const times = new Float64Array(values.length);
      const numbers = new Float64Array(values.length);
      values.forEach(([time, text], i) => {
        times[i] = time;
        numbers[i] = number(text);
      });
      return { metric, times, values: numbers, ...(histograms === undefined ? {} : { histograms }) };
    }),
  };
}

/** Text in PromQL's quotes. */
export function quote(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

export function seriesName(metric: LabelSet): string {
  const { __name__: name = "", ...rest } = metric;
  const inside = Object.entries(rest).map(([key, value]) => `${key}=${quote(value)}`);
  return inside.length ? `${name}{${inside.join(", ")}}` : name || "{}";
}

export interface RuleAlert {
  labels: LabelSet;
  annotations: LabelSet;
  state: string;
  activeAt: string;
  value: string;
}
export interface Rule {
  type: "alerting" | "recording";
  name: string;
  query: string;
  state?: string;
  duration?: number;
  keepFiringFor?: number;
  labels?: LabelSet;
  annotations?: LabelSet;
  alerts?: RuleAlert[];
  health: string;
  lastError?: string;
  evaluationTime: number;
  lastEvaluation: string;
}
export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  evaluationTime: number;
  lastEvaluation: string;
  rules: Rule[];
}
export const rules = (options?: AskOptions) => ask<{ groups: RuleGroup[] }>("rules", { exclude_alerts: true }, options).then((d) => d.groups);

export interface Target {
  discoveredLabels: LabelSet;
  labels: LabelSet;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: string;
  scrapeInterval: string;
  scrapeTimeout: string;
}
export const targets = (options?: AskOptions) =>
  ask<{ activeTargets: Target[]; droppedTargets: unknown[]; droppedTargetCounts?: Record<string, number> }>("targets", {}, options);

export interface Counted {
  name: string;
  value: number;
}
export interface TsdbStatus {
  headStats: { numSeries: number; numLabelPairs: number; chunkCount: number; minTime: number; maxTime: number };
  seriesCountByMetricName: Counted[];
  labelValueCountByLabelName: Counted[];
  memoryInBytesByLabelName: Counted[];
  seriesCountByLabelValuePair: Counted[];
}
export const tsdbStatus = (limit: number, options?: AskOptions) => ask<TsdbStatus>("status/tsdb", { limit }, options);

export interface QueryRecord {
  id: number;
  query: string;
  source: string;
  state: string;
  start: number;
  end: number;
  stepSeconds: number;
  began: string;
  elapsedSeconds: number;
  samples: number;
  peakBytes: number;
  error?: string;
}
/** What live streams ask again at each step; samples and elapsedSeconds are those of the latest one. */
export interface FollowedQuery {
  query: string;
  stepSeconds: number;
  followers: number;
  evaluations: number;
  failures: number;
  skipped: number;
  samples: number;
  elapsedSeconds: number;
  totalSeconds: number;
  error?: string;
}
export const queryLog = (options?: AskOptions) => ask<{ queries: QueryRecord[]; live: FollowedQuery[] }>("status/queries", {}, options);

export interface RuntimeInfo {
  startTime: string;
  CWD: string;
  hostname: string;
  serverTime: string;
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
  lastConfigError?: string;
  /** Nothing can be changed over HTTP: --web.read-only. */
  readOnly?: boolean;
  corruptionCount: number;
  goroutineCount: number;
  GOMAXPROCS: number;
  storageRetention: string;
}
export const runtimeInfo = (options?: AskOptions) => ask<RuntimeInfo>("status/runtimeinfo", {}, options);
export interface BuildInfo {
  application: string;
  version: string;
  revision: string;
  branch: string;
  buildDate: string;
  goVersion: string;
}
export const buildInfo = (options?: AskOptions) => ask<BuildInfo>("status/buildinfo", {}, options);
