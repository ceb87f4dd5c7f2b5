// Transformations that make a model of their data: a regression, counts in cells of time and value.
import { numberOf, objectOf, textOf, type JsonObject } from "../model/json";
import { parseDuration } from "../model/intervals";
import { displayNameOf, makeField, makeFrame, numberAt, timeField, type DataFrame } from "./frame";
import { fieldNamed } from "./transform_rows";
import { countIntoBuckets } from "./value_buckets";

const POINTS_MAX = 1000;
const CELLS_MAX = 1_000_000;

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
    return time === undefined ? [] : frame.fields.filter((f) => f.type === "number").map((field) => ({ time, field, length: frame.length }));
  });
  const times = given.flatMap(({ time, length }) => Array.from({ length }, (_, row) => numberAt(time, row)));
  const values = given.flatMap(({ field, length }) => Array.from({ length }, (_, row) => numberAt(field, row)));
  const [xRule, yRule] = [objectOf(options.xBuckets), objectOf(options.yBuckets)];
  const x = countIntoBuckets([times], textOf(xRule.mode, "size") === "size" ? { size: parseDuration(textOf(xRule.value)) ?? numberOf(xRule.value), count: 50 } : { count: numberOf(xRule.value, 50) });
  const y = countIntoBuckets([values], textOf(yRule.mode, "size") === "size" ? { size: numberOf(yRule.value), count: 20 } : { count: numberOf(yRule.value, 20) });
  if (x === undefined || y === undefined) return [];
  const [columns, rows] = [x.bounds.length - 1, y.bounds.length - 1];
  if (columns * rows > CELLS_MAX) throw new Error(`${columns * rows} cells, at most ${CELLS_MAX}`);
  const counts = new Float64Array(columns * rows);
  const placeIn = (bounds: Float64Array, value: number) => Math.min(bounds.length - 2, Math.floor((value - bounds[0]!) / (bounds[1]! - bounds[0]!) + 1e-9));
  times.forEach((time, i) => {
    if (Number.isFinite(time) && Number.isFinite(values[i]!)) counts[placeIn(x.bounds, time) * rows + placeIn(y.bounds, values[i]!)]! += 1;
  });
  const filled = Array.from(counts, (count, cell) => ({ count, cell })).filter(({ count }) => count > 0);
  return [
    {
      ...makeFrame(frames[0]!.refId, [
        makeField("xMin", "time", filled.map(({ cell }) => x.bounds[Math.floor(cell / rows)]!)),
        makeField("xMax", "time", filled.map(({ cell }) => x.bounds[Math.floor(cell / rows) + 1]!)),
        makeField("yMin", "number", Float64Array.from(filled, ({ cell }) => y.bounds[cell % rows]!)),
        makeField("yMax", "number", Float64Array.from(filled, ({ cell }) => y.bounds[(cell % rows) + 1]!)),
        makeField("Count", "number", Float64Array.from(filled, ({ count }) => count)),
      ]),
      meta: { kind: "cells" },
    },
  ];
}
