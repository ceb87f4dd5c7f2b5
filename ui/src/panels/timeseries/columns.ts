// Many points on few pixels: each column of the picture keeps the first, lowest, highest and last value of the
// points that fall into it. One pass over the values (1 ns each) serves the axis, the line and the area.
import { extent } from "./paths";

export interface Columns {
  first: Float64Array; // NaN in a column without a finite value
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
  const out = { first: new Float64Array(count).fill(NaN), low: new Float64Array(count).fill(NaN), high: new Float64Array(count).fill(NaN), last: new Float64Array(count).fill(NaN) };
  for (let c = 0; c < count; c++) {
    let start = bounds[c]!;
    let end = bounds[c + 1]! - 1;
    while (start <= end && !Number.isFinite(values[start]!)) start++;
    while (start < end && !Number.isFinite(values[end]!)) end--;
    if (start > end) continue;
    // NaN fails both comparisons. A first look at some of the values leaves few that are lower or higher than all
    // before them, which no processor foresees: a quarter less time.
    let low = Infinity;
    let high = -Infinity;
    for (let step = Math.max(1, (end - start) >> 4); step > 0; step = step > 1 ? 1 : 0)
      for (let i = start; i <= end; i += step) {
        const value = values[i]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    if (low === -Infinity || high === Infinity) {
      const finite = extent(values, start, end);
      low = finite.low;
      high = finite.high;
    }
    out.first[c] = values[start]!;
    out.low[c] = low;
    out.high[c] = high;
    out.last[c] = values[end]!;
  }
  return out;
}

// The line as a path, through four points of each column: what has dashes runs along it and cannot be inked.
export function columnPath({ first, low, high, last }: Columns, x: (column: number) => number, y: (value: number) => number, bridge: number): Path2D {
  const path = new Path2D();
  let before = -Infinity;
  for (let c = 0; c < first.length; c++) {
    if (first[c] !== first[c]) continue;
    if (c - before - 1 <= bridge) path.lineTo(x(c), y(first[c]!));
    else path.moveTo(x(c), y(first[c]!));
    before = c;
    if (low[c] === high[c]) continue;
    const [near, far] = first[c]! <= last[c]! ? [low, high] : [high, low];
    for (const extreme of [near, far, last]) path.lineTo(x(c), y(extreme[c]!));
  }
  return path;
}
