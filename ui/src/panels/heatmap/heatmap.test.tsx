import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EMPTY_SCOPE } from "../../dashboard/data/panel_query";
import { PanelSource } from "../../dashboard/data/panel_source";
import { boardAt, bucketsPanel } from "../test_panels";
import Heatmap from "./heatmap";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const { panelOf, dataOf } = bucketsPanel;
const getContext = HTMLCanvasElement.prototype.getContext;
let root: Root;
let cells: number[][];
let texts: string[];
beforeEach(() => {
  [cells, texts] = [[], []];
  const calls: Record<string, unknown> = {
    fillRect: (...at: number[]) => cells.push(at.map((one) => Math.round(one))),
    fillText: (text: string) => texts.push(text),
  };
  const pen = new Proxy(calls, { get: (own, name: string) => own[name] ?? (() => {}), set: () => true });
  HTMLCanvasElement.prototype.getContext = (() => pen) as never;
  root = createRoot(document.createElement("div"));
});
afterEach(() => {
  act(() => root.unmount());
  HTMLCanvasElement.prototype.getContext = getContext;
});

// One row of as many columns, 200 pixels wide, of values in one shade.
function draw(columns: number) {
  const panel = panelOf({ type: "heatmap", options: { calculate: false, cellGap: 0, color: { min: 0, max: 1e6 }, legend: { show: false }, yAxis: { axisPlacement: "hidden" } } });
  const data = { ...dataOf([{ metric: { x: "a" }, values: Array.from({ length: columns }, (_, i) => 40 + (i % 7)) }]), interval: { from: -10, to: columns * 10 - 10 } };
  const board = boardAt(data.interval);
  act(() => root.render(<Heatmap panel={panel} source={new PanelSource()} data={data} board={board} scope={EMPTY_SCOPE} width={200} height={100} />));
  return texts.filter((text) => /^4\d$/.test(text));
}

it("cells of a pixel are drawn as one, which tells no number: it stands for several", () => {
  expect(draw(400)).toEqual([]);
  expect(cells).toHaveLength(1);
});

it("cells with room for their number tell it", () => {
  expect(draw(4)).toEqual(["40", "41", "42", "43"]);
  expect(cells).toHaveLength(4);
});
