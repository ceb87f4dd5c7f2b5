import { describe, expect, it } from "vitest";
import { columnBounds, columnPath, columnsOf } from "./columns";
import { FINE, inkStrokes, type Color, type Stroke } from "./ink";
import { areaOf, spansOf, type Spans } from "./spans";

const f64 = (...values: number[]) => Float64Array.from(values);
const RED: Color = [255, 0, 0, 255];
const same = (value: number) => value;

function columnsFrom(values: Float64Array, count: number) {
  const times = values.map((_, i) => i + 0.5);
  return columnsOf(values, columnBounds(times, 0, values.length - 1, 0, values.length, count));
}

function strokeOf(line: Spans, more: Partial<Stroke> = {}): Stroke {
  return { line, width: 1.5, color: RED, area: undefined, ...more };
}

// Pixels as [red, green, blue, alpha], by row and column.
function ink(strokes: Stroke[], columns: number, rows: number) {
  const pixels = new Uint32Array(columns * rows);
  const [first, last] = inkStrokes(strokes, pixels, columns, rows);
  const at = (row: number, column: number) => [...new Uint8Array(pixels.buffer, (row * columns + column) * 4, 4)];
  const alphas = (column: number) => Array.from({ length: rows }, (_, row) => at(row, column)[3]!);
  return { first, last, at, alphas };
}

describe("columns", () => {
  it("keep the first, lowest, highest and last value of their points; a gap is NaN", () => {
    const many = Float64Array.from({ length: 100_000 }, (_, i) => (i >= 50_000 && i < 52_000 ? NaN : i % 7));
    const times = many.map((_, i) => i);
    const bounds = columnBounds(times, 0, 99_999, 0, 99_999, 100);
    const columns = columnsOf(many, bounds);
    expect([bounds[0], bounds[1], bounds[100]]).toEqual([0, 1000, 100_000]);
    expect([columns.first[0], columns.low[0], columns.high[0], columns.last[0], columns.low[51]]).toEqual([0, 0, 6, 5, NaN]);
  });
  it("pass over what is not finite, wherever it stands", () => {
    const { first, low, high, last } = columnsFrom(f64(NaN, 3, -Infinity, 1, Infinity, 2, NaN, Infinity, NaN, NaN, NaN, NaN), 2);
    expect([first[0], low[0], high[0], last[0]]).toEqual([3, 1, 3, 2]);
    expect([first[1], low[1], high[1], last[1]]).toEqual([NaN, NaN, NaN, NaN]);
  });
  it("are a path of four points each, which does not turn back on its way", () => {
    const calls: string[] = [];
    class Recorder {
      moveTo(x: number, y: number) { calls.push(`M${x},${y}`); }
      lineTo(x: number, y: number) { calls.push(`L${x},${y}`); }
    }
    const kept = globalThis.Path2D;
    globalThis.Path2D = Recorder as unknown as typeof Path2D;
    columnPath(columnsFrom(f64(1, 5, 2, 4, 9, 3, 8, 6, NaN, NaN, NaN, NaN, 7, 7, 7, 7), 4), same, same, 0);
    globalThis.Path2D = kept;
    expect(calls.join(" ")).toBe("M0,1 L0,1 L0,5 L0,4 L1,9 L1,9 L1,3 L1,6 M3,7");
  });
});

describe("spans", () => {
  const spans = (values: number[], bridge: number, curve: "linear" | "stepAfter" | "stepBefore" = "linear") => {
    const { top, bottom } = spansOf(columnsFrom(f64(...values), values.length), same, bridge, curve);
    return Array.from(top, (above, i) => [above, bottom[i]!]);
  };
  it("reach half way to the next column, where that line begins", () => {
    expect(spans([2, 6, 6], 0)).toEqual([[2, 4], [4, 6], [6, 6]]);
  });
  it("have gaps, and cross those that are narrow enough", () => {
    expect(spans([1, NaN, NaN, 4], 1)).toEqual([[1, 1], [NaN, NaN], [NaN, NaN], [4, 4]]);
    expect(spans([1, NaN, NaN, 4], 2)).toEqual([[1, 1.5], [1.5, 2.5], [2.5, 3.5], [3.5, 4]]);
  });
  it("take steps where the line does", () => {
    expect(spans([1, NaN, 4], Infinity, "stepAfter")).toEqual([[1, 1], [1, 1], [1, 4]]);
    expect(spans([1, NaN, 4], Infinity, "stepBefore")).toEqual([[1, 4], [4, 4], [4, 4]]);
  });
  it("stand on the ground as areas, on both of its sides, or on each other without a seam", () => {
    const line = { top: f64(2, 7, NaN), bottom: f64(3, 9, NaN) };
    expect(areaOf(line, undefined, 5, 8)).toEqual({ top: f64(2, 5, NaN), bottom: f64(5, 8, NaN) });
    const upper = { top: f64(1, 1, 1), bottom: f64(2, 2, 2) };
    expect(areaOf(upper, line, 8, 8)).toEqual({ top: f64(1, 1, 1), bottom: f64(2, 7, 8) });
    const mirrored = { top: f64(4, 9, 1), bottom: f64(6, 10, 2) };
    expect(areaOf(mirrored, line, 0, 20)).toEqual({ top: f64(3, 9, 0), bottom: f64(6, 10, 2) });
  });
});

describe("ink", () => {
  it("of a level line is as high as the line is wide", () => {
    const level = spansOf(columnsFrom(new Float64Array(40).fill(5), 20), same, 1, "linear");
    const { first, last, alphas } = ink([strokeOf(level, { width: 3 })], 10, 12);
    expect([first, last]).toEqual([3, 7]);
    expect(alphas(4)).toEqual([0, 0, 0, 127, 255, 255, 127, 0, 0, 0, 0, 0]);
  });
  it.each([0.5, 1, 1.5, 2, 3, 4.5])("of a spike is %d wide", (width) => {
    const top = new Float64Array(20 * FINE).fill(20);
    top[19] = 2;
    const { at } = ink([strokeOf({ top, bottom: new Float64Array(20 * FINE).fill(20) }, { width })], 20, 30);
    const row = Array.from({ length: 20 }, (_, column) => at(10, column)[3]! / 255);
    expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(width, 1);
  });
  // The plain twin: how much of a pixel lies within half a width of the line, asked at many places in it.
  it("covers what a round pen would", () => {
    const points = Float64Array.from({ length: 40 * 20 }, (_, i) => 20 + 12 * Math.sin(i / 60) + (i > 400 && i < 520 ? 6 * Math.sin(i / 1.2) : 0));
    const width = 3;
    const { alphas } = ink([strokeOf(spansOf(columnsFrom(points, 40 * FINE), same, 1, "linear"), { width })], 40, 40);
    const GRID = 4;
    let worst = 0;
    let sum = 0;
    for (let column = 2; column < 38; column++) {
      const inked = alphas(column);
      for (let row = 0; row < 40; row++) {
        let hits = 0;
        for (let k = 0; k < GRID * GRID; k++) {
          const x = column + (Math.floor(k / GRID) + 0.5) / GRID;
          const y = row + ((k % GRID) + 0.5) / GRID;
          const from = Math.max(0, Math.ceil((x - width / 2) * 20 - 0.5));
          for (let i = from; i < points.length && (i + 0.5) / 20 <= x + width / 2; i++)
            if (Math.hypot((i + 0.5) / 20 - x, points[i]! - y) <= width / 2) {
              hits++;
              break;
            }
        }
        const difference = Math.abs(inked[row]! / 255 - hits / GRID ** 2);
        worst = Math.max(worst, difference);
        sum += difference;
      }
    }
    expect(worst).toBeLessThan(0.5);
    expect(sum / (36 * 40)).toBeLessThan(0.02);
  });
  it("does not run into a gap, nor across it", () => {
    const top = f64(2, 2, 2, 2, NaN, NaN, 8, 8, 8, 8);
    const { alphas } = ink([strokeOf({ top, bottom: top }, { width: 4 })], 5, 12);
    expect(alphas(1)).toEqual([255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(alphas(2)).toEqual(new Array(12).fill(0));
    expect(alphas(3)).toEqual([0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0]);
  });
  it("lies over what was inked before, fades with the shade of an area, and stays within the picture", () => {
    const level = (y: number): Spans => ({ top: new Float64Array(2 * FINE).fill(y), bottom: new Float64Array(2 * FINE).fill(y) });
    const area = (line: Spans) => ({ spans: areaOf(line, undefined, 99, 4), color: [0, 0, 255, 255] as Color, shade: (row: number) => (row === 3 ? 0.2 : 0.5) });
    const low = level(-50);
    const { at, first, last } = ink([strokeOf(level(2), { width: 2 }), strokeOf(low, { width: 0, area: area(low) })], 2, 4);
    expect([first, last]).toEqual([0, 4]);
    expect(at(0, 1)).toEqual([0, 0, 255, 127]);
    expect(at(1, 1)).toEqual([128, 0, 128, 254]);
    expect(at(3, 0)).toEqual([0, 0, 255, 50]);
    expect(ink([strokeOf(level(-50)), strokeOf(level(NaN)), strokeOf(level(70))], 2, 4).first).toBe(4);
  });
});
