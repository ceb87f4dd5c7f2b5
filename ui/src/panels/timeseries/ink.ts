// Lines of many points as pixels. Where a line has more points than pixels it is a row of upright strokes, and a
// browser that draws it as a path spends most of a redraw on their corners (decision 182). What a round pen covers along
// such a line is known for each column of pixels without any path: the span of the line there and in the columns that
// the pen reaches, with the pen's height added at both ends.
import type { Spans } from "./spans";

export const FINE = 2; // columns of a line per column of pixels, so that steep lines have smooth edges

export type Color = readonly [red: number, green: number, blue: number, alpha: number]; // 0..255

export interface Stroke {
  line: Spans;
  width: number; // pixels; 0: only the area
  color: Color;
  area: { spans: Spans; color: Color; shade: (row: number) => number } | undefined; // shade: 0..1
}

// Draws the strokes over each other into a picture of RGBA pixels that is empty, and tells which rows have ink:
// [first, last + 1]. 3 ns for each pixel of each stroke.
export function inkStrokes(strokes: readonly Stroke[], pixels: Uint32Array, columns: number, rows: number): [number, number] {
  const inked = strokes.map((stroke) => ({ ...stroke, pen: penOf(stroke.width), shades: stroke.area && Float64Array.from({ length: rows }, (_, row) => (stroke.area!.shade(row) * stroke.area!.color[3]) / 255) }));
  const column = new Column(rows);
  let first = rows;
  let last = 0;
  for (let at = 0; at < columns; at++) {
    for (const { line, area, shades, width, color, pen } of inked) {
      if (area !== undefined) {
        for (let c = at * FINE; c < (at + 1) * FINE; c++) column.add(area.spans.top[c]!, area.spans.bottom[c]!, 1 / FINE);
        column.blend(area.color, 1, shades);
      }
      if (width > 0) {
        for (let c = at * FINE; c < (at + 1) * FINE; c++) column.draw(line, c, pen);
        column.blend(color, color[3] / 255, undefined);
      }
    }
    if (column.first < first) first = column.first;
    if (column.last > last) last = column.last;
    column.write(pixels, at, columns);
  }
  return [first, last];
}

interface Pen {
  reach: number; // columns to each side that it covers whole
  rest: number; // share of the columns beside those
  heights: readonly number[]; // above the line, by how many columns away
  weight: number;
}

function penOf(width: number): Pen {
  const beside = (Math.max(1, width * FINE) - 1) / 2;
  const reach = Math.floor(beside);
  const heights = Array.from({ length: reach + 2 }, (_, away) => (away === 0 ? width / 2 : Math.sqrt(Math.max(0, (width / 2) ** 2 - ((away + 0.5) / FINE) ** 2))));
  return { reach, rest: beside - reach, heights, weight: Math.min(1, width * FINE) / FINE };
}

// One column of pixels: its colours, multiplied by their alpha, and the ink that is about to be added.
class Column {
  first: number; // rows with ink
  last = 0;
  private readonly red: Float32Array;
  private readonly green: Float32Array;
  private readonly blue: Float32Array;
  private readonly alpha: Float32Array;
  private readonly steps: Float32Array; // of the ink, from row to row
  private low: number; // rows that `steps` touches
  private high = 0;

  constructor(private readonly rows: number) {
    [this.red, this.green, this.blue, this.alpha] = [new Float32Array(rows), new Float32Array(rows), new Float32Array(rows), new Float32Array(rows)];
    this.steps = new Float32Array(rows + 2);
    this.first = this.low = rows;
  }

  add(from: number, to: number, ink: number): void {
    const a = Math.max(0, from);
    const b = Math.min(this.rows, to);
    if (!(a < b)) return; // NaN, too
    const i = Math.floor(a);
    const j = Math.floor(b);
    this.steps[i]! += ink * (i + 1 - a);
    this.steps[i + 1]! += ink * (a - i);
    this.steps[j]! -= ink * (j + 1 - b);
    this.steps[j + 1]! -= ink * (b - j);
    if (i < this.low) this.low = i;
    if (j + 1 > this.high) this.high = j + 1;
  }

  draw({ top, bottom }: Spans, c: number, { reach, rest, heights, weight }: Pen): void {
    let from = top[c]! - heights[0]!;
    let to = bottom[c]! + heights[0]!;
    if (from !== from) return;
    let left = c;
    let right = c;
    for (let away = 1; away <= reach + (rest > 0 ? 1 : 0); away++) {
      if (away > reach) this.add(from, to, weight * (1 - rest));
      const height = heights[away]!;
      // What lies beyond a gap is another piece of the line.
      if (left === c - away + 1 && top[left - 1] === top[left - 1] && left > 0) {
        left--;
        if (top[left]! - height < from) from = top[left]! - height;
        if (bottom[left]! + height > to) to = bottom[left]! + height;
      }
      if (right === c + away - 1 && top[right + 1] === top[right + 1] && right + 1 < top.length) {
        right++;
        if (top[right]! - height < from) from = top[right]! - height;
        if (bottom[right]! + height > to) to = bottom[right]! + height;
      }
    }
    this.add(from, to, rest > 0 ? weight * rest : weight);
  }

  // Puts the ink over what is there, each row with its shade, and takes it up.
  blend([r, g, b]: Color, opaque: number, shades: Float64Array | undefined): void {
    const { red, green, blue, alpha, steps, rows, low } = this;
    const high = Math.min(rows, this.high);
    let ink = 0;
    for (let row = low; row < high; row++) {
      ink += steps[row]!;
      steps[row] = 0;
      const share = ink * (shades === undefined ? opaque : shades[row]!);
      const rest = 1 - share;
      red[row] = red[row]! * rest + r * share;
      green[row] = green[row]! * rest + g * share;
      blue[row] = blue[row]! * rest + b * share;
      alpha[row] = alpha[row]! * rest + 255 * share;
    }
    steps[rows] = steps[rows + 1] = 0;
    if (high < rows) steps[high] = 0;
    if (low < this.first) this.first = low;
    if (high > this.last) this.last = high;
    this.low = rows;
    this.high = 0;
  }

  write(pixels: Uint32Array, at: number, columns: number): void {
    const { red, green, blue, alpha } = this;
    for (let row = this.first, to = row * columns + at; row < this.last; row++, to += columns) {
      const all = alpha[row]!;
      if (all >= 0.5) {
        const scale = 255 / all;
        pixels[to] = ((all + 0.5) << 24) | ((blue[row]! * scale + 0.5) << 16) | ((green[row]! * scale + 0.5) << 8) | (red[row]! * scale + 0.5);
      }
      red[row] = green[row] = blue[row] = alpha[row] = 0;
    }
    this.first = this.rows;
    this.last = 0;
  }
}
