// The values that stats, gauges, bars and pies show, and how many fit side by side.
import { useMemo, useRef } from "react";
import type { Panel } from "../dashboard/model/board";
import type { ShownValue } from "../dashboard/data/panel_frames";
import { ShownMaker } from "../dashboard/data/shown_maker";
import type { PanelData } from "../dashboard/data/panel_source";

const SHOWN_MAX = 100;

export function useShownValues(panel: Panel, data: PanelData): { values: ShownValue[]; errors: string[] } {
  const maker = useRef<ShownMaker>(null);
  maker.current ??= new ShownMaker(SHOWN_MAX);
  return useMemo(() => maker.current!.make(panel, data), [panel, data]);
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
