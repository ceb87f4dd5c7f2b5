// Answers of the query API → frames, in the three formats a target may ask for: time series, table, heatmap.
import { autoNames, legendOf } from "./legend";
import { makeField, makeFrame, type DataFrame, type Histogram } from "./frame";

export type LabelSet = Readonly<Record<string, string>>;

// Series of one query over a shared row of times (seconds); NaN where a series has no sample.
export interface Aligned {
  times: Float64Array;
  series: { metric: LabelSet; values: Float64Array }[];
  histograms?: { metric: LabelSet; points: Histogram[] }[];
}

export interface SeriesOptions {
  refId: string;
  expr: string;
  legendFormat?: string;
  everyStep?: number | undefined; // as an answer has it
}

// Series that come with times of their own → one row of times for all.
export function alignSeries(series: readonly { metric: LabelSet; times: Float64Array; values: Float64Array }[]): Aligned {
  const longest = series.reduce<Float64Array | undefined>((best, s) => (best === undefined || s.times.length > best.length ? s.times : best), undefined);
  if (longest === undefined) return { times: new Float64Array(0), series: [] };
  const same = (times: Float64Array) => times === longest || (times.length === longest.length && times.every((t, i) => t === longest[i]));
  if (series.every((s) => same(s.times))) return { times: longest, series: series.map(({ metric, values }) => ({ metric, values })) };
  const every = new Set<number>();
  for (const s of series) for (const time of s.times) every.add(time);
  const times = Float64Array.from([...every].sort((a, b) => a - b));
  return {
    times,
    series: series.map((s) => {
      const values = new Float64Array(times.length).fill(NaN);
      let at = 0;
      for (let i = 0; i < s.times.length; i++) {
        while (times[at]! < s.times[i]!) at++;
        values[at] = s.values[i]!;
      }
      return { metric: s.metric, values };
    }),
  };
}

export function seriesNames(series: readonly { metric: LabelSet }[], options: SeriesOptions): string[] {
  const given = series.map((s) => legendOf(options.legendFormat, s.metric));
  // A format whose labels this series has not leaves the spaces between them.
  if (given.every((name) => name.trim() !== "")) return given;
  const automatic = autoNames(series.map((s) => s.metric), options.expr);
  return given.map((name, i) => (name.trim() === "" ? automatic[i]! : name));
}

function toMs(times: Float64Array): Float64Array {
  return times.map((seconds) => seconds * 1000);
}

// One frame per series, as Grafana's "time series" format.
export function seriesFrames(answer: Aligned, options: SeriesOptions): DataFrame[] {
  const names = seriesNames(answer.series, options);
  const time = makeField("Time", "time", toMs(answer.times));
  if (options.everyStep !== undefined) time.config.interval = options.everyStep * 1000;
  const frames = answer.series.map(({ metric, values }, i) => {
    const field = makeField("Value", "number", values, { ...metric });
    field.config.displayNameFromDS = names[i];
    return makeFrame(options.refId, [time, field], names[i]);
  });
  for (const { metric, points } of answer.histograms ?? []) {
    const frame = makeFrame(options.refId, [makeField("Time", "time", points.map((p) => p.timeMs))], legendOf(options.legendFormat, metric));
    frames.push({ ...frame, meta: { kind: "histogram", histograms: points } });
  }
  return frames;
}

// All series as rows of one table: a column per label.
export function tableFrame(samples: readonly { metric: LabelSet; timeMs: number; value: number }[], refId: string, several: boolean): DataFrame {
  const labels = [...new Set(samples.flatMap((s) => Object.keys(s.metric)))].sort();
  const fields = [makeField("Time", "time", Float64Array.from(samples, (s) => s.timeMs))];
  for (const label of labels) fields.push(makeField(label, "string", samples.map((s) => s.metric[label] ?? "")));
  fields.push(makeField(several ? `Value #${refId}` : "Value", "number", Float64Array.from(samples, (s) => s.value)));
  return makeFrame(refId, fields);
}

export function rangeRows(answer: Aligned): { metric: LabelSet; timeMs: number; value: number }[] {
  const out: { metric: LabelSet; timeMs: number; value: number }[] = [];
  for (const { metric, values } of answer.series)
    values.forEach((value, i) => {
      if (!Number.isNaN(value)) out.push({ metric, timeMs: answer.times[i]! * 1000, value });
    });
  return out;
}

// Rows sorted by bound: "le" buckets are cumulative and become counts of their own.
export function bucketRows(answer: Aligned): { lower: number; upper: number; values: Float64Array }[] {
  const bounded = answer.series
    .map(({ metric, values }) => ({ upper: boundOf(metric.le), values }))
    .filter(({ upper }) => !Number.isNaN(upper))
    .sort((a, b) => a.upper - b.upper);
  let below: Float64Array | undefined;
  let lower = bounded.length > 0 && bounded[0]!.upper <= 0 ? -Infinity : 0;
  return bounded.map(({ upper, values }) => {
    const own = values.map((value, i) => {
      const under = below?.[i] ?? 0;
      return Number.isNaN(under) ? value : Math.max(0, value - under);
    });
    const row = { lower, upper, values: own };
    below = values;
    lower = upper;
    return row;
  });
}

export function boundOf(text: string | undefined): number {
  if (text === undefined) return NaN;
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : text.trim() === "" ? NaN : Number(text);
}
