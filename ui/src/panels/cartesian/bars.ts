// Where bars begin and end, stacked or side by side.

export type Stacking = "none" | "normal" | "percent";

export function stackingOf(text: string): Stacking {
  return text === "normal" || text === "percent" ? text : "none";
}

// The ends of one bar on the axis of values. A missing value has none.
export interface Ends {
  from: number;
  to: number;
}

// For each series a row with the ends of its bar in each group. Positive values pile up above zero, negative ones below.
export function stackBars(rows: readonly ArrayLike<number>[], groups: number, stacking: Stacking): (Ends | undefined)[][] {
  const out: (Ends | undefined)[][] = rows.map(() => new Array<Ends | undefined>(groups).fill(undefined));
  for (let g = 0; g < groups; g++) {
    let total = 0;
    if (stacking === "percent") for (const row of rows) if (Number.isFinite(row[g])) total += Math.abs(row[g]!);
    let above = 0;
    let below = 0;
    rows.forEach((row, r) => {
      const value = row[g];
      if (value === undefined || !Number.isFinite(value)) return;
      if (stacking === "none") {
        out[r]![g] = { from: 0, to: value };
        return;
      }
      const size = stacking === "percent" ? (total === 0 ? 0 : value / total) : value;
      const from = size >= 0 ? above : below;
      const to = from + size;
      if (size >= 0) above = to;
      else below = to;
      out[r]![g] = { from, to };
    });
  }
  return out;
}

export function extentOf(ends: readonly (readonly (Ends | undefined)[])[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const row of ends)
    for (const one of row) {
      if (one === undefined) continue;
      low = Math.min(low, one.from, one.to);
      high = Math.max(high, one.from, one.to);
    }
  return [low, high];
}
