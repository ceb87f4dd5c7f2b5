// What a heatmap draws: a grid of counts over time, from classic buckets ("le"), from series that are rows,
// or from values counted into buckets here.
import type { Panel } from "../../dashboard/model/board";
import { numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { histogramRows } from "../../dashboard/data/native_histograms";
import { bucketRows, seriesNames } from "../../dashboard/data/prometheus_frames";
import type { PanelData } from "../../dashboard/data/panel_source";

export interface HeatRow {
  label: string;
  lower: number;
  upper: number;
  values: Float64Array;
}

export interface Heat {
  times: Float64Array; // Unix seconds
  rows: HeatRow[]; // lowest first
  /** Rows are bounds of a quantity (and get an axis with a unit), not names. */
  quantity: boolean;
}

const ROWS_MAX = 200;

export function heatOf(panel: Panel, data: PanelData): Heat {
  const answers = data.answers.filter((a) => a.aligned !== undefined);
  const first = answers[0];
  if (first?.aligned === undefined) return { times: new Float64Array(0), rows: [], quantity: false };
  if (first.aligned.histograms !== undefined && first.aligned.histograms.length > 0) {
    const { times: moments, rows: buckets } = histogramRows(first.aligned.histograms);
    return { times: moments, rows: thinned(buckets, moments.length).map((row) => ({ ...row, label: "" })), quantity: true };
  }
  const { times, series } = first.aligned;
  const classic = series.length > 0 && series.every((s) => s.metric.le !== undefined);
  if (classic) return { times, rows: bucketRows(first.aligned).map((row) => ({ ...row, label: "" })), quantity: true };
  if (panel.options.calculate === true) return countValues(panel, times, series.map((s) => s.values));
  const names = seriesNames(series, { refId: first.question.refId, expr: first.question.expr, legendFormat: first.question.legendFormat });
  const rows = series.slice(0, ROWS_MAX).map((s, i) => ({ label: names[i]!, lower: i, upper: i + 1, values: s.values }));
  const bounds = rows.map((row) => Number(row.label));
  // Legends that are numbers ("{{le}}" of a renamed label) are upper bounds.
  if (rows.length > 1 && bounds.every((b) => !Number.isNaN(b))) {
    rows.sort((a, b) => Number(a.label) - Number(b.label));
    rows.forEach((row, i) => {
      row.upper = Number(row.label);
      row.lower = i === 0 ? 0 : Number(rows[i - 1]!.label);
    });
  } else rows.sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
  return { times, rows, quantity: false };
}

// Fine buckets are joined until there are few enough to see.
function thinned(rows: { lower: number; upper: number; values: Float64Array }[], length: number): { lower: number; upper: number; values: Float64Array }[] {
  const every = Math.ceil(rows.length / ROWS_MAX);
  if (every <= 1) return rows;
  const out: { lower: number; upper: number; values: Float64Array }[] = [];
  for (let i = 0; i < rows.length; i += every) {
    const part = rows.slice(i, i + every);
    const values = new Float64Array(length);
    for (const row of part) for (let k = 0; k < length; k++) values[k]! += row.values[k]!;
    out.push({ lower: part[0]!.lower, upper: part[part.length - 1]!.upper, values });
  }
  return out;
}

// Values of many series → how many fall into each bucket at each moment.
export function countValues(panel: Panel, times: Float64Array, series: readonly Float64Array[]): Heat {
  let low = Infinity;
  let high = -Infinity;
  for (const values of series)
    for (const value of values) {
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  if (!(low <= high)) return { times, rows: [], quantity: true };
  const y = objectOf(objectOf(panel.options.calculation).yBuckets);
  const asked = numberOf(y.value);
  const count = textOf(y.mode) === "count" && asked !== undefined ? Math.max(1, asked) : 20;
  const raw = textOf(y.mode) === "size" && asked !== undefined && asked > 0 ? asked : (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const size = textOf(y.mode) === "size" && asked !== undefined && asked > 0 ? raw : ([1, 2, 2.5, 5, 10].find((s) => s * power >= raw * 0.999) ?? 10) * power;
  const start = Math.floor(low / size) * size;
  const total = Math.min(ROWS_MAX, Math.floor((high - start) / size) + 1);
  const rows = Array.from({ length: total }, (_, i): HeatRow => ({ label: "", lower: start + i * size, upper: start + (i + 1) * size, values: new Float64Array(times.length) }));
  for (const values of series)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) rows[Math.min(total - 1, Math.floor((value - start) / size))]!.values[i]! += 1;
    }
  return { times, rows, quantity: true };
}

// The largest count that is not an outlier by itself: the end of the colour scale.
export function heatMaximum(rows: readonly HeatRow[]): number {
  let most = 0;
  for (const { values } of rows) for (const value of values) if (value > most && value < Infinity) most = value;
  return most;
}
