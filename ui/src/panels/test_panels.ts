// Panels and answers for tests.
import { importBoard } from "../dashboard/model/import_board";
import type { Panel } from "../dashboard/model/board";
import type { PanelData } from "../dashboard/data/panel_source";
import { fixedRange, type Interval } from "../time/range";
import { NO_MARKS } from "./marks/mark_list";
import type { BoardView } from "./panel_view";

function panelOf(json: object): Panel {
  const read = importBoard({ title: "t", panels: [json] });
  if ("error" in read) throw new Error(read.error);
  return read.board.panels[0]!;
}

// One query whose series have a value each 10 s from 0.
function dataOf(series: { metric: Record<string, string>; values: number[] }[]): PanelData {
  const length = series[0]?.values.length ?? 0;
  const times = Float64Array.from({ length }, (_, i) => i * 10);
  const question = { refId: "A", expr: "x", kind: "range", format: "time_series", legendFormat: "", step: 10, interval: { from: 0, to: 10 }, exemplars: false } as const;
  const aligned = { times, series: series.map((s) => ({ metric: s.metric, values: Float64Array.from(s.values) })) };
  return { answers: [{ question, aligned, answered: true }], problems: [], warnings: [], step: 10, interval: { from: 0, to: 10 }, version: 1, shape: 1, loaded: true };
}

export const bucketsPanel = { panelOf, dataOf };

/** What a board of this range gives to its panels. */
export function boardAt(interval: Interval, more: Partial<BoardView> = {}): BoardView {
  return { uid: "", interval, range: fixedRange(interval), zone: "UTC", theme: "dark", marks: NO_MARKS, sync: "", compare: 0, ...more };
}
