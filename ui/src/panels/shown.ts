// The values that stats, gauges, bars and pies show, and how many fit side by side.
import { useState } from "react";
import { ShownMaker } from "../dashboard/data/shown_maker";

const SHOWN_MAX = 100;

/** Makes the shown values of each tick of one panel. */
export function useShownMaker(): ShownMaker {
  return useState(() => new ShownMaker(SHOWN_MAX))[0];
}

/** How much of a scale a value fills, 0 to 1. One that an infinite value has stretched has no places between its ends. */
export function filledOf(value: number, low: number, high: number): number {
  if (value === Infinity) return 1;
  const share = (value - low) / (high - low || 1);
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share));
}

export interface Cells {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

// The division of a box that gives cells nearest to the wanted proportion.
export function cellsFor(count: number, width: number, height: number, proportion: number, gap = 6, orientation = "auto"): Cells {
  let best: Cells = { columns: 1, rows: Math.max(1, count), width, height };
  let bestScore = Infinity;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    if (orientation === "horizontal" && columns > 1) break;
    if (orientation === "vertical" && columns < count) continue;
    const rows = Math.ceil(count / columns);
    const cell = { columns, rows, width: (width - gap * (columns - 1)) / columns, height: (height - gap * (rows - 1)) / rows };
    if (cell.width <= 0 || cell.height <= 0) continue;
    const score = Math.abs(Math.log(cell.width / cell.height / proportion)) + (columns * rows - count) * 0.25;
    if (score < bestScore) [best, bestScore] = [cell, score];
  }
  return best;
}
