// Values counted into cells: columns of time, rows of value, as a heatmap panel and the transformation of that name
// describe both: {mode: "size" | "count", value, scale: {type, log}}.
import { durationMs } from "../../time/duration";
import { numberOf, objectOf, textOf, type JsonObject } from "../model/json";

/** Buckets side by side, each closed below and open above. */
export interface Buckets {
  bounds: Float64Array; // one more than there are buckets
  placeOf: (value: number) => number;
  log: boolean;
}

/** One series: the column that each of its values is in. */
export interface Counted {
  columns: Int32Array;
  values: ArrayLike<number>;
}

const ROWS = 20; // where the board leaves it to us
const ROWS_MAX = 200;
const COLUMNS_MAX = 2000;

const MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };
// The widths that a count of columns may come to, as in Grafana; years are added without end.
const TIME_SIZES = [
  ...[1, 2, 4, 5, 10, 20, 25, 40, 50, 100, 200, 250, 400, 500],
  ...[1, 2, 4, 5, 10, 15, 20, 30].map((n) => n * MS.second),
  ...[1, 2, 4, 5, 10, 15, 20, 30].map((n) => n * MS.minute),
  ...[1, 2, 4, 6, 8, 12, 18].map((n) => n * MS.hour),
  ...[1, 2, 3, 4, 5, 6, 7, 10, 15, 30, 45, 60, 90, 180, 365].map((n) => n * MS.day),
];

/** Columns that hold all from `first` to `last`; `span`: what a count of them divides. Undefined where the board leaves their width to us. All in milliseconds. */
export function timeBuckets(rule: JsonObject, first: number, last: number, span: number): Buckets | undefined {
  const text = textOf(rule.value);
  const value = rule.mode === "count" ? numberOf(text) : (durationMs(text) ?? numberOf(text));
  if (value === undefined || value <= 0) return undefined;
  return linear(first, last, rule.mode === "count" ? timeSize(span / Math.max(1, value - 1)) : value, COLUMNS_MAX);
}

/** Rows that hold all of these values, but those that a logarithm has no place for. Undefined where there are none. */
export function valueBuckets(rule: JsonObject, columns: readonly ArrayLike<number>[]): Buckets | undefined {
  const scale = objectOf(rule.scale);
  const base = scale.type === "log" ? numberOf(scale.log, 0) : 0;
  let low = Infinity;
  let high = -Infinity;
  for (const values of columns)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (base > 1 && value <= 0) continue;
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  if (!(low <= high)) return undefined;
  const given = numberOf(rule.value, 0);
  // Of a logarithm, the value is into how many buckets each power is split.
  if (base > 1) return logarithmic(low, high, base, given > 0 ? given : 1);
  const size = rule.mode !== "count" && given > 0 ? given : roundSize(high - low, low, given > 0 ? given : ROWS);
  return linear(low, high, size, ROWS_MAX);
}

/** A row of counts for each bucket of values, with a place for each column. */
export function countCells(series: readonly Counted[], width: number, rows: Buckets): Float64Array[] {
  const out = Array.from({ length: rows.bounds.length - 1 }, () => new Float64Array(width));
  for (const { columns, values } of series)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const column = columns[i]!;
      if (!Number.isFinite(value) || column < 0 || column >= width) continue;
      const row = out[rows.placeOf(value)];
      if (row !== undefined) row[column]! += 1;
    }
  return out;
}

export function placesOf(buckets: Buckets, values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => buckets.placeOf(values[i]!));
}

// The widest of the known that is not wider.
function timeSize(wanted: number): number {
  const year = 365 * MS.day;
  if (wanted >= 2 * year) return Math.floor(wanted / year) * year;
  return TIME_SIZES.findLast((size) => size <= wanted) ?? 1;
}

// The largest round number that divides the span into no fewer buckets: halves of a digit, whole ones from 1 on.
function roundSize(span: number, low: number, count: number): number {
  const wanted = span > 0 ? span / Math.max(1, count - 1) : Math.abs(low) || 1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const size = span > 0 ? (Math.floor((wanted / power) * 2 + 1e-9) / 2) * power : power;
  return Number((size >= 1 ? Math.floor(size + 1e-9) : size).toPrecision(12));
}

// Bounds are whole multiples of the size, so that they stay where they are as values come and go. More buckets than
// can be drawn are joined.
function linear(low: number, high: number, asked: number, most: number): Buckets {
  const number = (value: number, size: number) => Math.floor(value / size + 1e-9);
  const size = asked * joinedBy(number(high, asked) - number(low, asked) + 1, most);
  const first = number(low, size);
  const bounds = Float64Array.from({ length: number(high, size) - first + 2 }, (_, i) => Number(((first + i) * size).toPrecision(15)));
  return { bounds, placeOf: (value) => number(value, size) - first, log: false };
}

function logarithmic(low: number, high: number, base: number, asked: number): Buckets {
  const logarithm = base === 2 ? Math.log2 : base === 10 ? Math.log10 : (value: number) => Math.log(value) / Math.log(base);
  const number = (value: number, split: number) => Math.floor(logarithm(value) * split + 1e-9);
  const split = asked / joinedBy(number(high, asked) - number(low, asked) + 1, ROWS_MAX);
  const first = number(low, split);
  const bounds = Float64Array.from({ length: number(high, split) - first + 2 }, (_, i) => Number((base ** ((first + i) / split)).toPrecision(12)));
  return { bounds, placeOf: (value) => (value > 0 ? number(value, split) - first : -1), log: true };
}

function joinedBy(count: number, most: number): number {
  return count > most ? Math.ceil(count / (most - 1)) : 1;
}
