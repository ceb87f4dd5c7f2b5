// What a heatmap draws: a grid of counts over time, from classic buckets ("le"), from series that are rows,
// or from values counted into buckets here.
import type { Panel } from "../../dashboard/model/board";
import { numberOf, objectOf, type JsonObject } from "../../dashboard/model/json";
import { histogramRows } from "../../dashboard/data/native_histograms";
import { countCells, placesOf, timeBuckets, valueBuckets } from "../../dashboard/data/cells";
import { displayNameOf, timeField, numbersOf, type DataFrame } from "../../dashboard/data/frame";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { alignSeries, bucketRows, seriesNames } from "../../dashboard/data/prometheus_frames";
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
  /** Rows are parts of a power. */
  log?: boolean;
  /** Seconds that a column covers, where it is not the step that was asked with. */
  wide?: number;
}

const ROWS_MAX = 200;

export function heatOf(panel: Panel, data: PanelData): Heat {
  const heat = wholeHeat(panel, data);
  const axis = objectOf(panel.options.yAxis);
  const min = numberOf(axis.min, -Infinity);
  const max = numberOf(axis.max, Infinity);
  if (!heat.quantity || (min === -Infinity && max === Infinity)) return heat;
  return { ...heat, rows: heat.rows.filter((row) => row.upper > min && row.lower < max) };
}

function wholeHeat(panel: Panel, data: PanelData): Heat {
  if (panel.transformations.some((step) => step.disabled !== true)) return heatOfFrames(panel, preparedFrames(panel, data).frames, spanOf(data));
  const answers = data.answers.filter((a) => a.aligned !== undefined);
  const first = answers[0];
  if (first?.aligned === undefined) return { times: new Float64Array(0), rows: [], quantity: false };
  if (first.aligned.histograms !== undefined && first.aligned.histograms.length > 0) {
    const { times: moments, rows: buckets } = histogramRows(first.aligned.histograms);
    return { times: moments, rows: withGaps(thinned(buckets, moments.length).map((row) => ({ ...row, label: "" })), moments.length), quantity: true };
  }
  const { times, series } = first.aligned;
  const classic = series.length > 0 && series.every((s) => s.metric.le !== undefined);
  if (classic) return { times, rows: bucketRows(first.aligned).map((row) => ({ ...row, label: "" })), quantity: true };
  if (panel.options.calculate === true) return countValues(panel, times, series.map((s) => s.values), spanOf(data));
  const names = seriesNames(series, { refId: first.question.refId, expr: first.question.expr, legendFormat: first.question.legendFormat });
  return namedRows(times, series.map((s, i) => ({ name: names[i]!, values: s.values })));
}

function spanOf({ interval }: PanelData): number {
  return interval.to - interval.from;
}

function namedRows(times: Float64Array, series: readonly { name: string; values: Float64Array }[]): Heat {
  const rows = series.slice(0, ROWS_MAX).map((s, i) => ({ label: s.name, lower: i, upper: i + 1, values: s.values }));
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

// What transformations left: cells that they have counted, or series that are rows.
function heatOfFrames(panel: Panel, frames: readonly DataFrame[], span: number): Heat {
  const cells = frames.find((frame) => frame.meta?.kind === "cells");
  if (cells === undefined) {
    const series = frames.flatMap((frame) => {
      const time = timeField(frame);
      if (time === undefined) return [];
      return frame.fields.filter((f) => f.type === "number").map((field) => ({ metric: { name: displayNameOf(field, frame, frames) }, times: numbersOf(time).map((ms) => ms / 1000), values: numbersOf(field) }));
    });
    const { times, series: rows } = alignSeries(series);
    return panel.options.calculate === true ? countValues(panel, times, rows.map((row) => row.values), span) : namedRows(times, rows.map(({ metric, values }) => ({ name: metric.name!, values })));
  }
  const column = (name: string) => numbersOf(cells.fields.find((f) => f.name === name)!);
  const [ends, lows, highs, counts] = [column("xMax"), column("yMin"), column("yMax"), column("Count")];
  const times = Float64Array.from([...new Set(ends)].sort((a, b) => a - b), (ms) => ms / 1000);
  const at = new Map(Array.from(times, (time, i) => [time, i] as const));
  const rows = new Map<number, HeatRow>();
  for (let i = 0; i < counts.length; i++) {
    const row = rows.get(lows[i]!) ?? { label: "", lower: lows[i]!, upper: highs[i]!, values: new Float64Array(times.length) };
    rows.set(lows[i]!, row);
    row.values[at.get(ends[i]! / 1000)!]! += counts[i]!;
  }
  const wide = (ends[0]! - column("xMin")[0]!) / 1000;
  return { times, rows: withGaps([...rows.values()].sort((a, b) => a.lower - b.lower), times.length), quantity: true, ...(wide > 0 ? { wide } : {}) };
}

// Buckets that hold nothing are not sent: the room between two that are is a row as well, so that heights do not lie.
function withGaps(rows: readonly HeatRow[], length: number): HeatRow[] {
  return rows.flatMap((row, i) => {
    const before = rows[i - 1];
    return before === undefined || row.lower - before.upper <= Math.abs(before.upper) * 1e-9 ? [row] : [{ label: "", lower: before.upper, upper: row.lower, values: new Float64Array(length) }, row];
  });
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

// Values of many series → how many fall into each bucket in each column: of the width that the board asks for, else one
// for each step.
export function countValues(panel: Panel, times: Float64Array, series: readonly Float64Array[], span: number): Heat {
  const rule = objectOf(panel.options.calculation);
  const rows = valueBuckets(objectOf(rule.yBuckets), series);
  if (rows === undefined) return { times, rows: [], quantity: true };
  const moments = times.map((seconds) => seconds * 1000);
  const wide = timeBuckets(objectOf(rule.xBuckets), moments[0]!, moments[moments.length - 1]!, span * 1000);
  const columns = wide === undefined ? Int32Array.from(times, (_, i) => i) : placesOf(wide, moments);
  const ends = wide === undefined ? times : wide.bounds.subarray(1).map((ms) => ms / 1000);
  const counts = countCells(series.map((values) => ({ columns, values })), ends.length, rows);
  return {
    times: ends,
    rows: counts.map((values, i) => ({ label: "", lower: rows.bounds[i]!, upper: rows.bounds[i + 1]!, values })),
    quantity: true,
    ...(rows.log ? { log: true } : {}),
    ...(wide === undefined ? {} : { wide: (wide.bounds[1]! - wide.bounds[0]!) / 1000 }),
  };
}

// Which counts are left out: those up to `le` and from `ge` on, as Grafana's `filterValues` means it. What it
// hides where nobody says is nothing at all: zero.
export interface ValueFilter {
  le: number;
  ge: number;
}

export function valueFilterOf(options: JsonObject): ValueFilter {
  const json = objectOf(options.filterValues);
  const given = options.filterValues !== undefined && options.filterValues !== null;
  return { le: numberOf(json.le) ?? (given && numberOf(json.ge) !== undefined ? -Infinity : 1e-9), ge: numberOf(json.ge) ?? Infinity };
}

export function isShown(value: number, filter: ValueFilter): boolean {
  return value > filter.le && value < filter.ge; // no NaN passes
}

// The end of the colour scale: the largest count that is shown.
export function heatMaximum(rows: readonly HeatRow[], filter: ValueFilter = { le: -Infinity, ge: Infinity }): number {
  let most = 0;
  for (const { values } of rows) for (const value of values) if (value > most && value < Infinity && isShown(value, filter)) most = value;
  return most;
}

// The row a value belongs to, and how far up in it the value lies.
export function rowOfValue(heat: Heat, value: number): { row: number; share: number } | undefined {
  if (!heat.quantity) return undefined;
  const row = heat.rows.findIndex(({ lower, upper }) => value <= upper && value >= lower);
  if (row < 0) return undefined;
  const { lower, upper } = heat.rows[row]!;
  if (heat.log === true) return { row, share: Math.log(value / lower) / Math.log(upper / lower) };
  const share = Number.isFinite(upper - lower) && upper > lower ? (value - lower) / (upper - lower) : 0.5;
  return { row, share };
}
