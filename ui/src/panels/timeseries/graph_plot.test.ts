import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { boardAt, bucketsPanel } from "../test_panels";
import { PictureMaker } from "./picture";
import type { PlotInput } from "./scene";

// A canvas of which nothing is seen but what is called.
const calls: string[] = [];
const pen = (canvas: HTMLCanvasElement) => new Proxy({ canvas } as Record<string, unknown>, { get: (own, name: string) => own[name] ?? ((...given: unknown[]) => (calls.push(name), name === "measureText" ? { width: 7 * String(given[0]).length } : undefined)), set: (own, name: string, value) => ((own[name] = value), true) });
beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal("Path2D", class { moveTo() {} lineTo() {} closePath() {} addPath() {} rect() {} });
  const pens = new WeakMap<HTMLCanvasElement, unknown>();
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    if (!pens.has(this)) pens.set(this, pen(this));
    return pens.get(this) as never;
  } as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const { panelOf, dataOf } = bucketsPanel;
const panel = panelOf({ type: "timeseries" });
const board = boardAt({ from: 0, to: 20 });
const hidden: ReadonlySet<string> = new Set();

describe("a tick", () => {
  const shown = async (view = board) => {
    const { GraphPlot } = await import("./graph_plot");
    const maker = new PictureMaker();
    const input = (...values: number[]): PlotInput => ({ picture: maker.make(panel, dataOf([{ metric: { x: "a" }, values }])), board: view, interval: { from: 0, to: 20 }, step: 10, exemplars: [], hidden, panelId: 1 });
    const host = document.createElement("div");
    document.body.append(host);
    const told: unknown[] = [];
    const plot = new GraphPlot(host, input(1, 2, 3), { width: 400, height: 200 }, (hover) => told.push(hover));
    await Promise.resolve();
    const uplot = (plot as unknown as { plot: { setData: () => void; scales: Record<string, { max: number }>; root: HTMLElement; over: HTMLElement } }).plot;
    const setData = vi.spyOn(uplot, "setData");
    return { plot, input, host, uplot, setData, told };
  };

  it("draws and leaves uPlot alone", async () => {
    const { plot, input, setData, host } = await shown();
    calls.length = 0;
    plot.update(input(1, 2, 4));
    expect([setData.mock.calls.length, calls.filter((name) => name === "clearRect").length, calls.includes("stroke")]).toEqual([0, 1, true]);
    expect((host as unknown as { drawn: () => { rows: { values: Float64Array }[] } }).drawn().rows[0]!.values[2]).toBe(4);
    plot.destroy();
  });

  it("is made up for when somebody points at the graph, and then uPlot follows", async () => {
    const { plot, input, setData, uplot } = await shown();
    plot.update(input(1, 2, 2.9));
    plot.update(input(1, 2, 4));
    const scale = uplot.scales[input(1).picture.axes[0]!.key]!;
    const before = scale.max;
    uplot.over.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    expect(setData).toHaveBeenCalledTimes(1);
    expect(scale.max).toBeGreaterThan(before);
    uplot.over.dispatchEvent(new MouseEvent("mousemove", { bubbles: true }));
    expect(setData).toHaveBeenCalledTimes(1); // it knows
    plot.point({ index: 1, series: input(1, 2, 4).picture.series[0]! });
    plot.update(input(1, 2, 5));
    expect(setData).toHaveBeenCalledTimes(2);
    plot.point(undefined);
    plot.update(input(1, 2, 5.1));
    expect(setData).toHaveBeenCalledTimes(2);
    plot.destroy();
  });

  it("is made up for in the next frames by those that share the cursor", async () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
    const shared = boardAt({ from: 0, to: 20 }, { sync: "board" });
    const [one, two, third] = [await shown(shared), await shown(shared), await shown(shared)];
    for (const { plot, input } of [one, two, third]) plot.update(input(1, 2, 2.9));
    third.plot.destroy();
    one.plot.point({ index: 1, series: one.input(1, 2, 2.9).picture.series[0]! });
    for (const x of [100, 150]) one.uplot.over.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: x, clientY: 20 }));
    expect([one.setData.mock.calls.length, two.setData.mock.calls.length, frames.length]).toEqual([1, 0, 1]);
    frames.forEach((frame) => frame(0));
    expect([two.setData.mock.calls.length, third.setData.mock.calls.length]).toEqual([1, 0]);
    expect((two.uplot as unknown as { cursor: { left: number } }).cursor.left).toBeGreaterThan(0);
    two.plot.destroy();
    one.plot.destroy();
  });

  it("that needs more room at its side moves what lies over the plot, too", async () => {
    const { plot, input, uplot } = await shown();
    const before = uplot.over.style.left;
    plot.update(input(1, 2, 30_000_000));
    expect(parseFloat(uplot.over.style.left)).toBeGreaterThan(parseFloat(before));
    plot.destroy();
  });
});
