// Many points on few pixels: each column of the picture keeps the first, lowest, highest and last value of the
// points that fall into it. One pass over the values (1 ns each) serves the axis and the line.
import type { SeriesStyle } from "./picture";
import type { Built } from "./paths";

export interface Columns {
  first: Float64Array; // NaN in a column without a value
  low: Float64Array;
  high: Float64Array;
  last: Float64Array;
}

// For each column the index of its first point; `count` + 1 entries. The times are sorted.
export function columnBounds(times: ArrayLike<number>, from: number, to: number, min: number, max: number, count: number): Int32Array {
  const out = new Int32Array(count + 1);
  let low = from;
  for (let c = 0; c <= count; c++) {
    const time = min + ((max - min) * c) / count;
    let high = to + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    out[c] = low;
  }
  out[count] = Math.max(out[count]!, to + 1); // the last point lies on the edge
  return out;
}

export function columnsOf(values: ArrayLike<number>, bounds: Int32Array): Columns {
  const count = bounds.length - 1;
  const out = { first: new Float64Array(count), low: new Float64Array(count), high: new Float64Array(count), last: new Float64Array(count) };
  for (let c = 0; c < count; c++) {
    let first = NaN;
    let last = NaN;
    let low = Infinity;
    let high = -Infinity;
    for (let i = bounds[c]!, end = bounds[c + 1]!; i < end; i++) {
      const value = values[i]!;
      if (value !== value) continue; // NaN
      if (first !== first) first = value;
      last = value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    out.first[c] = first;
    out.last[c] = last;
    out.low[c] = first !== first ? NaN : low;
    out.high[c] = first !== first ? NaN : high;
  }
  return out;
}

// A gap narrower than a column cannot be seen and is none.
export function columnPaths(columns: Columns, x: (column: number) => number, y: (value: number) => number, bottom: number, style: SeriesStyle): Built {
  const stroke = new Path2D();
  const fill = style.fill > 0 ? new Path2D() : undefined;
  const { first, low, high, last } = columns;
  let start = NaN;
  let end = NaN;
  const close = () => {
    if (fill !== undefined && start === start) {
      fill.lineTo(end, bottom);
      fill.lineTo(start, bottom);
      fill.closePath();
    }
    start = NaN;
  };
  for (let c = 0; c < first.length; c++) {
    if (first[c] !== first[c]) {
      if (style.spanGaps !== Infinity) close();
      continue;
    }
    const at = x(c);
    const begin = y(first[c]!);
    if (start !== start) {
      stroke.moveTo(at, begin);
      fill?.moveTo(at, begin);
      start = at;
    } else {
      stroke.lineTo(at, begin);
      fill?.lineTo(at, begin);
    }
    if (low[c] !== high[c]) {
      stroke.lineTo(at, y(low[c]!));
      stroke.lineTo(at, y(high[c]!));
      stroke.lineTo(at, y(last[c]!));
      fill?.lineTo(at, y(high[c]!));
      fill?.lineTo(at, y(last[c]!));
    }
    end = at;
  }
  close();
  return { stroke, fill };
}
