// What a line of many points covers of each column of the picture: an interval from its upper to its lower edge. A
// line of width nothing; ink.ts gives it its width.
import type { Columns } from "./columns";
import type { SeriesStyle } from "./picture";

export interface Spans {
  top: Float64Array; // canvas pixels, downwards; NaN in a column without a line
  bottom: Float64Array;
}

// `bridge`: how many empty columns the line crosses; one that meets more of them has a gap.
export function spansOf({ first, low, high, last }: Columns, y: (value: number) => number, bridge: number, curve: SeriesStyle["curve"]): Spans {
  const top = new Float64Array(first.length).fill(NaN);
  const bottom = new Float64Array(first.length).fill(NaN);
  const cover = (column: number, a: number, b: number) => {
    const above = a < b ? a : b;
    const below = a < b ? b : a;
    if (!(top[column]! <= above)) top[column] = above;
    if (!(bottom[column]! >= below)) bottom[column] = below;
  };
  let before = -1;
  let from = NaN; // where the line leaves that column
  for (let c = 0; c < first.length; c++) {
    if (first[c] !== first[c]) continue;
    cover(c, y(low[c]!), y(high[c]!));
    const to = y(first[c]!);
    const wide = c - before;
    if (before >= 0 && wide - 1 <= bridge) {
      if (curve === "stepAfter") {
        for (let b = before + 1; b < c; b++) cover(b, from, from);
        cover(c, from, to);
      } else if (curve === "stepBefore") {
        cover(before, from, to);
        for (let b = before + 1; b < c; b++) cover(b, to, to);
      } else if (wide === 1) {
        const middle = (from + to) / 2;
        cover(before, from, middle);
        cover(c, middle, to);
      } else {
        // From the middle of one column to the middle of the other.
        const at = (x: number) => from + ((to - from) * Math.min(wide, Math.max(0, x))) / wide;
        for (let b = before; b <= c; b++) cover(b, at(b - before - 0.5), at(b - before + 0.5));
      }
    }
    before = c;
    from = y(last[c]!);
  }
  return { top, bottom };
}

// The area between a line and the ground, or the line that it stands on, within a picture of that height.
export function areaOf(line: Spans, below: Spans | undefined, ground: number, height: number): Spans {
  const { top, bottom } = line;
  const out = { top: new Float64Array(top.length), bottom: new Float64Array(top.length) };
  for (let c = 0; c < top.length; c++) {
    let above = Math.min(top[c]!, ground);
    let under = Math.max(bottom[c]!, ground);
    if (below !== undefined && below.top[c] === below.top[c]) {
      // Areas that stand on each other meet at the same edge of the line between them.
      const upwards = top[c]! + bottom[c]! <= below.top[c]! + below.bottom[c]!;
      above = upwards ? top[c]! : below.bottom[c]!;
      under = upwards ? below.top[c]! : bottom[c]!;
    }
    out.top[c] = Math.min(height, Math.max(0, above));
    out.bottom[c] = Math.min(height, Math.max(0, under));
  }
  return out;
}
