import { act, type ComponentType } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY_SCOPE } from "../dashboard/data/panel_query";
import { PanelSource, type PanelData } from "../dashboard/data/panel_source";
import { Boundary } from "../parts/parts";
import type { Panel } from "../dashboard/model/board";
import Heatmap from "./heatmap/heatmap";
import type { PanelViewProps } from "./panel_view";
import StateTimeline from "./state_timeline/state_timeline";
import { boardAt, bucketsPanel } from "./test_panels";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
// Both views ask for what is pinned once a rendering.
const rendered = vi.hoisted(() => ({ times: 0 }));
vi.mock("./pinned", async (original) => {
  const real = await original<typeof import("./pinned")>();
  return { ...real, usePinned: () => (rendered.times++, real.usePinned()) };
});

const { panelOf, dataOf } = bucketsPanel;
const getContext = HTMLCanvasElement.prototype.getContext;
let host: HTMLElement;
let root: Root;
let texts: string[];
let cells: number;
let inkless: boolean;
let source: PanelSource;
let tick: (series: Parameters<typeof dataOf>[0]) => void;
beforeEach(() => {
  const calls: Record<string, unknown> = { fillRect: () => { if (inkless) throw new Error("no ink"); cells++; }, fillText: (text: string) => texts.push(text) };
  HTMLCanvasElement.prototype.getContext = (() => new Proxy(calls, { get: (own, name: string) => own[name] ?? (() => {}), set: () => true })) as never;
  [texts, cells, inkless, rendered.times] = [[], 0, false, 0];
  host = document.createElement("div");
  root = createRoot(host);
  source = new PanelSource();
  const draws = new Set<() => void>();
  source.onDraw = (draw) => (draws.add(draw), () => void draws.delete(draw));
  tick = (series) => {
    source.data = { ...dataOf(series), interval: INTERVAL, version: source.data.version + 1 };
    [texts, cells, rendered.times] = [[], 0, 0];
    act(() => draws.forEach((draw) => draw()));
  };
});
afterEach(() => {
  act(() => root.unmount());
  HTMLCanvasElement.prototype.getContext = getContext;
});

const INTERVAL = { from: -10, to: 30 };
const show = (View: ComponentType<PanelViewProps>, panel: Panel, series: Parameters<typeof dataOf>[0]) => {
  const data: PanelData = { ...dataOf(series), interval: INTERVAL };
  source.data = data;
  const board = boardAt(INTERVAL);
  act(() => root.render(<Boundary resetKey=""><View panel={panel} source={source} data={data} board={board} scope={EMPTY_SCOPE} width={400} height={200} /></Boundary>));
};

describe("a heatmap", () => {
  const panel = panelOf({ type: "heatmap", options: { calculate: false, showValue: "always", legend: { show: true } } });
  const facts = () => host.querySelector<HTMLElement>(".heatmap")?.dataset;

  it("paints a tick past React, with the end of its scale", () => {
    show(Heatmap, panel, [{ metric: { x: "a" }, values: [1, 2, 3, 4] }]);
    expect(facts()).toMatchObject({ max: "4", rows: "1", columns: "4", latest: "30" });
    tick([{ metric: { x: "a" }, values: [5, 6, 7, 8] }]);
    expect(rendered.times).toBe(0);
    expect(cells).toBe(4);
    expect(texts).toEqual(expect.arrayContaining(["5", "6", "7", "8"]));
    expect(facts()).toMatchObject({ max: "8" });
    expect(host.querySelector("[data-most]")!.textContent).toBe("8");
    expect((host.querySelector("canvas") as unknown as { drawn(): { rows: { values: ArrayLike<number> }[] } }).drawn().rows.map(({ values }) => [...Array.from(values)])).toEqual([[5, 6, 7, 8]]);
  });

  it("is rendered when its scale goes or comes, and when it has nothing more to show", () => {
    show(Heatmap, panel, [{ metric: { x: "a" }, values: [0, 0, 0, 0] }]);
    expect(host.querySelector(".heat-scale")).toBeNull();
    tick([{ metric: { x: "a" }, values: [0, 0, 0, 9] }]);
    expect(rendered.times).toBe(1);
    expect(host.querySelector("[data-most]")!.textContent).toBe("9");
    tick([]);
    expect(host.querySelector(".heatmap")).toBeNull();
    tick([{ metric: { x: "a" }, values: [0, 0, 0, 9] }]);
    expect(facts()).toMatchObject({ max: "9" });
  });

  it("keeps the newest values when it is rendered for something else", () => {
    const series = [{ metric: { x: "a" }, values: [1, 2, 3, 4] }];
    show(Heatmap, panel, series);
    const old = source.data;
    tick([{ metric: { x: "a" }, values: [5, 6, 7, 8] }]);
    const board = boardAt(INTERVAL, { zone: "Asia/Tokyo" });
    act(() => root.render(<Boundary resetKey=""><Heatmap panel={panel} source={source} data={old} board={board} scope={EMPTY_SCOPE} width={400} height={200} /></Boundary>));
    expect(facts()).toMatchObject({ max: "8" });
  });

  it("says so when a tick cannot be painted, is left alone then, and shows the newest when it is wanted again", () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    show(Heatmap, panel, [{ metric: { x: "a" }, values: [1, 2, 3, 4] }]);
    inkless = true;
    tick([{ metric: { x: "a" }, values: [5, 6, 7, 8] }]);
    expect(host.querySelector('[role="alert"]')!.textContent).toContain("no ink");
    const times = said.mock.calls.length;
    inkless = false;
    tick([{ metric: { x: "a" }, values: [6, 7, 8, 9] }]);
    expect([host.querySelector('[role="alert"]') !== null, rendered.times, said.mock.calls.length]).toEqual([true, 0, times]);
    act(() => host.querySelector("button")!.click());
    expect(facts()).toMatchObject({ max: "9" });
    said.mockRestore();
  });
});

describe("a timeline of states", () => {
  const panel = panelOf({
    type: "status-history", options: {},
    fieldConfig: { defaults: { mappings: [{ type: "value", options: { "0": { text: "down", color: "red" }, "1": { text: "up", color: "green" } } }] }, overrides: [] },
  });
  const said = () => [...host.querySelectorAll(".unseen li")].map((li) => li.textContent);

  it("paints ticks past React, tells the states of its rows with them, and is rendered for another legend", () => {
    show(StateTimeline, panel, [{ metric: { x: "a" }, values: [1, 0, 1, 1] }]);
    const before = said();
    tick([{ metric: { x: "a" }, values: [1, 1, 0, 1] }]);
    expect(rendered.times).toBe(0);
    expect(cells).toBe(3); // the last one begins where the range ends
    tick([{ metric: { x: "a" }, values: [1, 1, 1, 0] }]);
    expect(rendered.times).toBe(0);
    expect(said()).not.toEqual(before);
    expect(said()[0]).toContain("down");
    expect(host.querySelector<HTMLElement>(".unseen li")!.dataset.value).toBe("0");
    tick([{ metric: { x: "a" }, values: [1, 1, 1, 1] }]);
    expect([rendered.times, said()[0]!.includes("up")]).toEqual([1, true]);
    tick([{ metric: { x: "b" }, values: [1, 1, 1, 1] }]);
    expect([rendered.times, said().length, said()[0]!.includes("up")]).toEqual([1, 1, true]);
  });
});
