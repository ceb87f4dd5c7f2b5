import { act, Profiler, type ComponentType } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PanelSource, type PanelData } from "../dashboard/data/panel_source";
import { ShownMaker } from "../dashboard/data/shown_maker";
import { setDateZone } from "../dashboard/field/date_zone";
import { makeScope } from "../dashboard/model/scope";
import BarGauge from "./bargauge/bargauge";
import Gauge from "./gauge/gauge";
import type { BoardView, PanelViewProps } from "./panel_view";
import { pieLook, piePicture } from "./piechart/pie_picture";
import PieChart from "./piechart/piechart";
import Stat from "./stat/stat";
import { boardAt, bucketsPanel } from "./test_panels";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const { panelOf, dataOf } = bucketsPanel;
const INTERVAL = { from: 0, to: 4 };
const board = boardAt(INTERVAL);
const THRESHOLDS = { mode: "absolute", steps: [{ color: "green", value: null }, { color: "orange", value: 50 }, { color: "red", value: 80 }] };

const getContext = HTMLCanvasElement.prototype.getContext;
let strokes: number;
let renderings: number;
let roots: Root[];
beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = (() => new Proxy({ stroke: () => strokes++ }, { get: (own: Record<string, unknown>, name: string) => own[name] ?? (() => {}), set: () => true })) as never;
  [strokes, renderings, roots] = [0, 0, []];
});
afterEach(() => {
  roots.forEach((root) => act(() => root.unmount()));
  HTMLCanvasElement.prototype.getContext = getContext;
});

const METRICS = [0, 1, 2].map((i) => ({ n: `s${i}` })); // a live stream tells of the same series by the same
const valuesOf = (...series: number[][]): PanelData => ({ ...dataOf(series.map((values, i) => ({ metric: METRICS[i]!, values }))), interval: INTERVAL });

/** The view on the screen, and how a tick comes to it. */
function shown(View: ComponentType<PanelViewProps>, json: object, data: PanelData) {
  const panel = panelOf({ title: "p", ...json });
  const host = document.createElement("div");
  const source = new PanelSource();
  const draws = new Set<() => void>();
  source.onDraw = (draw) => (draws.add(draw), () => void draws.delete(draw));
  source.data = data;
  const root = createRoot(host);
  roots.push(root);
  const render = (of: BoardView) => act(() => root.render(<Profiler id="" onRender={() => renderings++}><View panel={panel} source={source} data={data} board={of} scope={makeScope([])} width={400} height={200} /></Profiler>));
  render(board);
  const tick = (next: PanelData) => {
    source.data = { ...next, version: source.data.version + 1 };
    [strokes, renderings] = [0, 0];
    act(() => draws.forEach((draw) => draw()));
  };
  return { host, tick, render };
}

/** Elements, attributes in the order of their names, and texts. */
function told(node: Node): unknown {
  if (!(node instanceof Element)) return node.textContent;
  const attributes = [...node.attributes].map(({ name, value }) => (name === "style" ? value.split(";").map((part) => part.trim()).filter((part) => part !== "").sort().join(";") : value).replace(/^/, `${name}=`)).filter((text) => text !== "style=");
  return [node.tagName, attributes.sort(), [...node.childNodes].filter((child) => child.textContent !== "" || child instanceof Element).map(told)];
}

const KINDS: [string, ComponentType<PanelViewProps>, object][] = [
  ["a stat", Stat, { type: "stat", fieldConfig: { defaults: { unit: "s", thresholds: THRESHOLDS }, overrides: [] } }],
  ["a filled stat with its change", Stat, { type: "stat", options: { colorMode: "background", showPercentChange: true, textMode: "value_and_name" }, fieldConfig: { defaults: { unit: "currencyUSD", thresholds: THRESHOLDS }, overrides: [] } }],
  ["a stat that is a name", Stat, { type: "stat", options: { textMode: "name", colorMode: "background_solid", graphMode: "none" }, fieldConfig: { defaults: { thresholds: THRESHOLDS }, overrides: [] } }],
  ["a gauge", Gauge, { type: "gauge", options: { showThresholdLabels: true }, fieldConfig: { defaults: { unit: "percent", min: 0, max: 100, thresholds: THRESHOLDS }, overrides: [] } }],
  ["a gauge without ends", Gauge, { type: "gauge", options: { showThresholdMarkers: false }, fieldConfig: { defaults: { unit: "bytes" }, overrides: [] } }],
  ["lying bars", BarGauge, { type: "bargauge", options: { orientation: "horizontal" }, fieldConfig: { defaults: { unit: "percent", thresholds: THRESHOLDS }, overrides: [] } }],
  ["standing bars", BarGauge, { type: "bargauge", options: { orientation: "vertical", displayMode: "lcd" }, fieldConfig: { defaults: { min: 0, max: 100 }, overrides: [] } }],
  ["a pie", PieChart, { type: "piechart", options: { displayLabels: ["name", "percent"], pieType: "donut" }, fieldConfig: { defaults: { unit: "s" }, overrides: [] } }],
  ["a pie in its own order", PieChart, { type: "piechart", options: { sort: "none", displayLabels: ["value"] } }],
];

describe.each(KINDS)("%s", (name, View, json) => {
  const TICKS = [
    valuesOf([1, 2, 3, 61], [4, 5, 6, 7]),
    valuesOf([1, 2, 3, 99.5], [4, 5, 6, 8]),
    valuesOf([9, 2, 3, Infinity], [4, 5, 6, 8]),
    valuesOf([9, 2, 3, 62], [4, 5, 6, 0]),
    valuesOf([9, 2, 3, 1e6], [4, 5, 6, NaN]),
    valuesOf([9, 2, 3, -5], [4, 5, 6, 12]),
    valuesOf([9, 2, 3, -5]),
    valuesOf([NaN, NaN, NaN, NaN]),
    valuesOf(),
    valuesOf([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]),
  ];
  it("is after any ticks as it would be without the ones before", () => {
    const one = shown(View, json, TICKS[0]!);
    for (const next of TICKS.slice(1)) {
      one.tick(next);
      expect(told(one.host)).toEqual(told(shown(View, json, next).host));
    }
  });
  it("is not rendered for values alone", () => {
    const one = shown(View, json, valuesOf([1, 2, 3, 61], [4, 5, 6, 57]));
    const before = one.host.innerHTML;
    one.tick(valuesOf([1, 2, 3, 62], [4, 5, 6, 58]));
    expect(renderings).toBe(0);
    if (name !== "a stat that is a name") expect(one.host.innerHTML).not.toBe(before);
  });
});

it("a line under a stat is drawn with each tick", () => {
  const one = shown(Stat, { type: "stat" }, valuesOf([1, 2, 3, 61]));
  one.tick(valuesOf([1, 2, 3, 62]));
  expect([strokes, renderings]).toEqual([1, 0]);
});

it.each([["stat", Stat, ".stat-value"], ["gauge", Gauge, "[data-name]"], ["bargauge", BarGauge, "[data-name]"], ["piechart", PieChart, "[data-legend]"]] as const)("a time on a %s is written in another zone when that is chosen", (type, View, place) => {
  setDateZone("UTC");
  const one = shown(View, { type, fieldConfig: { defaults: { unit: "dateTimeAsIso" }, overrides: [] } }, valuesOf([0, 3_600_000]));
  expect(one.host.querySelector(place)!.textContent).toContain("1970-01-01 01:00:00");
  setDateZone("Asia/Tokyo");
  one.render({ ...board, zone: "Asia/Tokyo" });
  expect(one.host.querySelector(place)!.textContent).toContain("1970-01-01 10:00:00");
  setDateZone("UTC");
});

it("links say the value of the tick", () => {
  const links = [{ title: "to", url: "/x?v=${__value.raw}" }];
  for (const [, View, json] of KINDS) {
    const kind = json as { fieldConfig?: { defaults?: object } };
    const one = shown(View, { ...json, fieldConfig: { defaults: { ...kind.fieldConfig?.defaults, links }, overrides: [] } }, valuesOf([1, 2, 3, 61], [4, 5, 6, 57]));
    one.tick(valuesOf([1, 2, 3, 62], [4, 5, 6, 58]));
    expect([...one.host.querySelectorAll("a")].map((a) => a.getAttribute("href")).sort()).toEqual(["/x?v=58", "/x?v=62"]);
  }
});

describe("a pie", () => {
  const pie = (values: number[], options: object = {}) => shown(PieChart, { type: "piechart", options, fieldConfig: { defaults: { unit: "s" }, overrides: [] } }, valuesOf(...values.map((value) => [value]))).host;
  it("of zeros is an empty ring with its legend", () => {
    const out = pie([0, 0]);
    expect(out.querySelectorAll(".empty-ring")).toHaveLength(1);
    expect([...out.querySelectorAll<HTMLElement>("[data-legend]")].map(({ dataset, textContent }) => [dataset.legend, textContent])).toEqual([["s0", "0 s"], ["s1", "0 s"]]);
    expect(out.textContent).not.toContain("No data");
  });
  it("lists a zero beside what has a share, but draws no slice of it", () => {
    const out = pie([3, 0]);
    expect([out.querySelectorAll("path").length, out.querySelectorAll("[data-legend]").length, out.querySelectorAll(".empty-ring").length]).toEqual([1, 2, 0]);
  });
  it("leaves room for the numbers of a legend at its side", () => {
    const look = pieLook(panelOf({ type: "piechart", options: { legend: { placement: "right", showLegend: true, values: ["value", "percent"] } } }));
    const { values } = new ShownMaker(9).make(panelOf({ type: "piechart", fieldConfig: { defaults: { unit: "bytes" }, overrides: [] } }), valuesOf([123456789], [42]));
    const picture = piePicture(look, values, 213, 140);
    expect(picture.side).toBe(true);
    expect(picture.legendSize).toBeGreaterThan(213 / 2);
    expect(picture.size + 12 + picture.legendSize).toBeLessThanOrEqual(213);
  });
  it("has its legend where the board says, with the values that it says", () => {
    const placed = (options: object | undefined, width: number, height: number) => {
      const look = pieLook(panelOf({ type: "piechart", ...(options === undefined ? {} : { options: { legend: { showLegend: true, ...options } } }) }));
      const { side, legendSize } = piePicture(look, new ShownMaker(9).make(panelOf({ type: "piechart" }), valuesOf([1], [2], [3])).values, width, height);
      return [side, look.columns.join(), look.flows, legendSize];
    };
    expect(placed({ placement: "bottom" }, 600, 240)).toEqual([false, "", true, 24]);
    expect(placed({ placement: "bottom" }, 600, 80).slice(0, 1)).toEqual([true]);
    expect(placed({ placement: "bottom", values: ["percent"] }, 600, 240)).toEqual([false, "percent", false, 64]);
    expect(placed({ placement: "bottom", displayMode: "table" }, 600, 240)).toEqual([false, "", false, 64]);
    expect(placed({ placement: "right" }, 600, 240).slice(0, 3)).toEqual([true, "", true]);
    expect(placed(undefined, 600, 240).slice(0, 3)).toEqual([true, "value,percent", false]);
    expect(placed(undefined, 240, 240).slice(0, 2)).toEqual([false, "value,percent"]);
  });
  it("in its own order has the slices of what is above 0 now, not of what was", () => {
    const one = shown(PieChart, { type: "piechart", options: { sort: "none" } }, valuesOf([1], [0]));
    one.tick(valuesOf([0], [2]));
    expect([...one.host.querySelectorAll("path")].map((path) => [path.dataset.name, path.dataset.value])).toEqual([["s1", "2"]]);
  });
  it("is not faded for a slice under the pointer that is gone", () => {
    const one = shown(PieChart, { type: "piechart" }, valuesOf([3], [1], [2]));
    const faded = () => one.host.querySelectorAll('[opacity="0.35"], .faded').length;
    act(() => void one.host.querySelectorAll("g")[2]!.dispatchEvent(new MouseEvent("mouseover", { bubbles: true })));
    expect(faded()).toBe(4);
    one.tick(valuesOf([3], [0], [2]));
    expect(faded()).toBe(4);
    one.tick(valuesOf([3]));
    expect(faded()).toBe(0);
  });
  it("writes into its slices what is asked", () => {
    const [name, percent] = pie([3, 1], { displayLabels: ["name", "percent"] }).querySelectorAll("tspan");
    expect([name!.textContent, percent!.textContent!.replace(/\s/g, "")]).toEqual(["s0", "75.0%"]);
  });
});
