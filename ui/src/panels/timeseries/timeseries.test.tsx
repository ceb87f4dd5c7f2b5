import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EMPTY_SCOPE } from "../../dashboard/data/panel_query";
import { PanelSource } from "../../dashboard/data/panel_source";
import { MarkList } from "../marks/mark_list";
import type { BoardView } from "../panel_view";
import { boardAt, bucketsPanel } from "../test_panels";
import type { PlotInput } from "./scene";
import TimeSeries from "./timeseries";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const drawn = vi.hoisted(() => ({ inputs: [] as PlotInput[], rendered: 0 }));
vi.mock("./graph_plot", () => ({
  GraphPlot: class {
    constructor(_host: unknown, input: PlotInput) {
      drawn.inputs.push(input);
    }
    update(input: PlotInput) {
      drawn.inputs.push(input);
    }
    resize() {}
    destroy() {}
  },
}));
vi.mock("./legend_room", async (original) => {
  const real = await original<typeof import("./legend_room")>();
  return { ...real, legendRoom: (...given: Parameters<typeof real.legendRoom>) => (drawn.rendered++, real.legendRoom(...given)) };
});

const { panelOf, dataOf } = bucketsPanel;
const panel = panelOf({ type: "timeseries" });
const data = dataOf([{ metric: { x: "a" }, values: [1, 2, 3] }]);
const mark = { from: 10, to: 10, title: "deployed", text: "", tags: [], color: "red", source: "" };
const board = boardAt({ from: 0, to: 60 }, { marks: new MarkList() });

const source = new PanelSource();
const root = createRoot(document.createElement("div"));
const show = (view: BoardView) => act(() => root.render(<TimeSeries panel={panel} source={source} data={data} board={view} scope={{ ...EMPTY_SCOPE }} width={400} height={200} />));
beforeEach(() => {
  show(board);
  [drawn.inputs, drawn.rendered] = [[], 0];
});
afterEach(() => show(board));

it("a board whose range goes on neither renders nor draws a graph: its range is that of the data", () => {
  show({ ...board, interval: { from: 15, to: 75 } });
  expect(drawn).toEqual({ inputs: [], rendered: 0 });
});

it("new marks are drawn, and nothing is rendered for them", async () => {
  board.marks.set([mark]);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  expect(drawn.inputs.map((input) => input.board.marks.all)).toEqual([[mark]]);
  expect(drawn.rendered).toBe(0);
  board.marks.set([{ ...mark }]); // the same
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  expect(drawn.inputs).toHaveLength(1);
});

it("what is seen in the frame renders it: another zone", () => {
  show({ ...board, zone: "Asia/Tokyo" });
  expect(drawn.rendered).toBe(1);
  expect(drawn.inputs.map((input) => input.board.zone)).toEqual(["Asia/Tokyo"]);
});
