// Lines of many points as pixels. Where a line has more points than pixels it is a row of upright strokes, and a
// browser that draws it as a path spends most of a redraw on their corners (decision 182). What a round pen covers along
// such a line is known for each column of pixels without any path: the span of the line there and in the columns that
// the pen reaches, with the pen's height added at both ends.
import type { Spans } from "./spans";

export const FINE = 2; // columns of a line per column of pixels, so that steep lines have smooth edges

// By alpha: what makes whole again a colour that was multiplied by it.
const WHOLE = Float64Array.from({ length: 256 }, (_, alpha) => (alpha === 0 ? 0 : 255 / alpha));

export type Color = readonly [red: number, green: number, blue: number, alpha: number]; // 0..255

export interface Stroke {
  line: Spans;
  width: number; // pixels; 0: only the area
  color: Color;
  area: { spans: Spans; color: Color; shade: (row: number) => number } | undefined; // shade: 0..1
}

// Draws the strokes over each other into a picture of RGBA pixels that is empty, and tells which rows have ink:
// [first, last + 1]. 2 ns for each pixel of each stroke.
export function inkStrokes(strokes: readonly Stroke[], pixels: Uint32Array, columns: number, rows: number): [number, number] {
  const inked = strokes.map((stroke) => ({ ...stroke, pen: penOf(stroke.width), flat: shadesOf(() => 1, stroke.color, rows), shades: shadesOf(stroke.area?.shade ?? (() => 0), stroke.area?.color ?? stroke.color, rows) }));
  const column = new Column(rows);
  let first = rows;
  let last = 0;
  for (let at = 0; at < columns; at++) {
    for (const { line, area, shades, flat, width, color, pen } of inked) {
      if (area !== undefined) {
        for (let c = at * FINE; c < (at + 1) * FINE; c++) column.add(area.spans.top[c]!, area.spans.bottom[c]!, 1 / FINE);
        column.blend(area.color, shades);
      }
      if (width > 0) {
        for (let c = at * FINE; c < (at + 1) * FINE; c++) column.draw(line, c, pen);
        column.blend(color, flat);
      }
    }
    if (column.first < first) first = column.first;
    if (column.last > last) last = column.last;
    column.write(pixels, at, columns);
  }
  return [first, last];
}

function shadesOf(shade: (row: number) => number, color: Color, rows: number): Float64Array {
  const shades = new Float64Array(rows);
  for (let row = 0; row < rows; row++) shades[row] = (shade(row) * color[3] * 256) / 255;
  return shades;
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

// One column of pixels, each RGBA multiplied by its alpha, and the ink that is about to be added.
class Column {
  first: number; // rows with ink
  last = 0;
  private readonly pixels: Int32Array;
  private readonly steps: Float64Array; // of the ink, from row to row
  private low: number; // rows that `steps` touches
  private high = 0;

  constructor(private readonly rows: number) {
    this.pixels = new Int32Array(rows);
    this.steps = new Float64Array(rows + 2);
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
      if (left > 0 && left === c - away + 1 && top[left - 1] === top[left - 1]) {
        left--;
        if (top[left]! - height < from) from = top[left]! - height;
        if (bottom[left]! + height > to) to = bottom[left]! + height;
      }
      if (right + 1 < top.length && right === c + away - 1 && top[right + 1] === top[right + 1]) {
        right++;
        if (top[right]! - height < from) from = top[right]! - height;
        if (bottom[right]! + height > to) to = bottom[right]! + height;
      }
    }
    this.add(from, to, rest > 0 ? weight * rest : weight);
  }

  // Puts the ink over what is there, each row with its shade (0..256), and takes it up. Two channels at a time, with
  // shares in 256ths: what is rounded off is less than one of 255 steps.
  blend([red, green, blue]: Color, shades: Float64Array): void {
    const { pixels, steps, rows, low } = this;
    const high = Math.min(rows, this.high);
    const redBlue = red | (blue << 16);
    const greenAlpha = green | (255 << 16);
    let ink = 0;
    let shade = -1;
    let paint = 0;
    let rest = 256;
    for (let row = low; row < high; row++) {
      const step = steps[row]!;
      if (step !== 0 || shades[row] !== shade) {
        ink += step;
        steps[row] = 0;
        shade = shades[row]!;
        const share = (ink * shade + 0.5) | 0;
        paint = ((Math.imul(redBlue, share) >>> 8) & 0xff00ff) | (Math.imul(greenAlpha, share) & 0xff00ff00);
        rest = 256 - share;
      }
      const old = pixels[row]!;
      pixels[row] = (((Math.imul(old & 0xff00ff, rest) >>> 8) & 0xff00ff) | (Math.imul((old >>> 8) & 0xff00ff, rest) & 0xff00ff00)) + paint;
    }
    steps[rows] = steps[rows + 1] = 0;
    if (high < rows) steps[high] = 0;
    if (low < this.first) this.first = low;
    if (high > this.last) this.last = high;
    this.low = rows;
    this.high = 0;
  }

  // Moves the pixels into the picture, whose colours are not multiplied.
  write(picture: Uint32Array, at: number, columns: number): void {
    const { pixels } = this;
    for (let row = this.first, to = row * columns + at; row < this.last; row++, to += columns) {
      const pixel = pixels[row]!;
      const alpha = pixel >>> 24;
      if (alpha === 255) picture[to] = pixel;
      else if (alpha > 0) {
        const scale = WHOLE[alpha]!;
        picture[to] = (alpha << 24) | (((((pixel >>> 16) & 255) * scale + 0.5) & 255) << 16) | (((((pixel >>> 8) & 255) * scale + 0.5) & 255) << 8) | (((pixel & 255) * scale + 0.5) & 255);
      }
      pixels[row] = 0;
    }
    this.first = this.rows;
    this.last = 0;
  }
}
