// Transformations that make a model of their data: a regression, counts in cells of time and value.
import { numberOf, objectOf, textOf, type JsonObject } from "../model/json";
import { countCells, placesOf, timeBuckets, valueBuckets } from "./cells";
import { displayNameOf, makeField, makeFrame, numberAt, timeField, numbersOf, type DataFrame } from "./frame";
import { fieldNamed } from "./transform_rows";

const POINTS_MAX = 1000;
const COLUMNS = 50; // where nobody says

// Least squares over a polynomial; x is moved to 0..1, as powers of times in milliseconds leave no digits.
export function regression(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const polynomial = textOf(options.modelType, "linear") === "polynomial";
  const degree = polynomial ? Math.min(5, Math.max(1, numberOf(options.degree, 2))) : 1;
  const xName = textOf(options.xFieldName);
  const yName = textOf(options.yFieldName);
  for (const frame of frames) {
    const x = xName === "" ? (timeField(frame) ?? frame.fields.find((f) => f.type === "number")) : fieldNamed(frame, frames, xName);
    const y = yName === "" ? frame.fields.find((f) => f.type === "number" && f !== x) : fieldNamed(frame, frames, yName);
    if (x === undefined || y === undefined) continue;
    const points = Array.from({ length: frame.length }, (_, row) => [numberAt(x, row), numberAt(y, row)] as const).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
    if (points.length < 2) return frames;
    const low = points.reduce((least, [a]) => Math.min(least, a), Infinity);
    const span = points.reduce((most, [a]) => Math.max(most, a), -Infinity) - low || 1;
    const terms = leastSquares(points.map(([a, b]) => [(a - low) / span, b]), Math.min(degree, points.length - 1));
    const count = Math.min(POINTS_MAX, Math.max(2, numberOf(options.predictionCount, 100)));
    const places = Float64Array.from({ length: count }, (_, i) => low + (span * i) / (count - 1));
    const values = places.map((place) => terms.reduceRight((sum, term) => sum * ((place - low) / span) + term, 0));
    const name = `${polynomial ? "Polynomial" : "Linear"} regression`;
    return [...frames, makeFrame(frame.refId, [makeField(x.name, x.type, places), { ...makeField(displayNameOf(y, frame, frames), "number", values), config: { ...y.config, displayName: name, displayNameFromDS: name } }], name)];
  }
  return frames;
}

// Coefficients by rising power: normal equations, solved by elimination with pivots.
export function leastSquares(points: readonly (readonly [number, number])[], degree: number): number[] {
  const size = degree + 1;
  const rows = Array.from({ length: size }, (_, r) => {
    const row = Array.from({ length: size }, (_, c) => points.reduce((sum, [x]) => sum + x ** (r + c), 0));
    return [...row, points.reduce((sum, [x, y]) => sum + y * x ** r, 0)];
  });
  for (let c = 0; c < size; c++) {
    let best = c;
    for (let r = c + 1; r < size; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[best]![c]!)) best = r;
    [rows[c], rows[best]] = [rows[best]!, rows[c]!];
    const pivot = rows[c]![c]!;
    if (Math.abs(pivot) < 1e-12) continue;
    for (let r = 0; r < size; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / pivot;
      for (let k = c; k <= size; k++) rows[r]![k]! -= factor * rows[c]![k]!;
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]!) < 1e-12 ? 0 : row[size]! / row[i]!));
}

// Values of all series → how many lie in each cell: a row for each cell that has any.
export function heatmapCells(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const given = frames.flatMap((frame) => {
    const time = timeField(frame);
    return time === undefined ? [] : frame.fields.filter((f) => f.type === "number").map((field) => ({ times: numbersOf(time), values: numbersOf(field) }));
  });
  let first = Infinity;
  let last = -Infinity;
  for (const { times } of given)
    for (const time of times) {
      if (time < first) first = time;
      if (time > last) last = time;
    }
  const y = valueBuckets(objectOf(options.yBuckets), given.map(({ values }) => values));
  if (!(first <= last) || y === undefined) return [];
  const x = timeBuckets(objectOf(options.xBuckets), first, last, last - first) ?? timeBuckets({ mode: "count", value: COLUMNS }, first, last, last - first)!;
  const width = x.bounds.length - 1;
  const rows = countCells(given.map(({ times, values }) => ({ columns: placesOf(x, times), values })), width, y);
  const filled = Array.from({ length: width }, (_, column) => rows.flatMap((counts, row) => (counts[column]! > 0 ? [{ column, row, count: counts[column]! }] : []))).flat();
  return [
    {
      ...makeFrame(frames[0]!.refId, [
        makeField("xMin", "time", filled.map(({ column }) => x.bounds[column]!)),
        makeField("xMax", "time", filled.map(({ column }) => x.bounds[column + 1]!)),
        makeField("yMin", "number", Float64Array.from(filled, ({ row }) => y.bounds[row]!)),
        makeField("yMax", "number", Float64Array.from(filled, ({ row }) => y.bounds[row + 1]!)),
        makeField("Count", "number", Float64Array.from(filled, ({ count }) => count)),
      ]),
      meta: { kind: "cells" },
    },
  ];
}
