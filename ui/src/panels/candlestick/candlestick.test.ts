import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PictureMaker } from "../timeseries/picture";
import { Scene } from "../timeseries/scene";
import { boardAt, bucketsPanel } from "../test_panels";
import { candlePainter } from "./candle_paths";
import { candlePicture, candlesOf, partsOf } from "./candle_model";

const { panelOf, dataOf } = bucketsPanel;
const NAMES = { nextOpen: "Next open", previousClose: "Previous close" };
const plain = (series: Record<string, number[]>, json: object = {}) => {
  const panel = panelOf({ type: "candlestick", ...json });
  const data = dataOf(Object.entries(series).map(([n, values]) => ({ metric: { n }, values })));
  data.answers[0]!.question = { ...data.answers[0]!.question, legendFormat: "{{n}}" };
  return new PictureMaker().make(panel, data);
};
const parts = (series: Record<string, number[]>, options: object = {}) => {
  const found = partsOf(plain(series).series, options as never, NAMES);
  return { roles: Object.fromEntries(Object.entries(found.roles).map(([role, one]) => [role, [one.name, ...one.values]])), rest: found.rest.map(({ name }) => name) };
};
const picture = (series: Record<string, number[]>, options: object = {}, json: object = {}) => candlePicture(plain(series, json), options as never, NAMES);
const DAY = { Open: [1, 3, 3], high: [4, 4, 4], low: [0, 1, 2], close: [3, 2, 3], volume: [10, 20, 30], mean: [2, 2, 2] };

describe("candlestick", () => {
  it("finds its series by their names, in whatever letters, or by those that the panel gives", () => {
    expect(parts(DAY).roles).toEqual({ open: ["Open", 1, 3, 3], high: ["high", 4, 4, 4], low: ["low", 0, 1, 2], close: ["close", 3, 2, 3], volume: ["volume", 10, 20, 30] });
    expect(Object.entries(parts({ a: [1], b: [2], h: [3], v: [4] }, { fields: { open: "b", close: "a" } }).roles).map(([role, [name]]) => [role, name])).toEqual([["open", "b"], ["high", "h"], ["close", "a"], ["volume", "v"]]);
  });
  it("of one series opens and closes with its values", () => {
    expect(parts({ price: [1, 2, 3] }).roles).toEqual({ open: ["price", 1, 2, 3], close: ["Next open", 2, 3, 3] });
    expect(parts({ c: [1, 2, 3] }).roles).toEqual({ open: ["Previous close", 1, 1, 2], close: ["c", 1, 2, 3] });
  });
  it("draws further series as lines where the board wants all of them", () => {
    expect(parts(DAY).rest).toEqual([]);
    expect(parts(DAY, { includeAllFields: true }).rest).toEqual(["mean"]);
    expect(parts(DAY, { includeAllFields: true, mode: "candles" })).toMatchObject({ rest: ["volume", "mean"] });
    expect(parts(DAY, { includeAllFields: true, mode: "volume" })).toMatchObject({ rest: ["high", "low", "mean"] });
    const { series } = picture(DAY, { includeAllFields: true });
    expect(series.map(({ name, style, hidden }) => [name, style.draw, hidden.legend])).toEqual([...["Open", "high", "low", "close", "volume"].map((name) => [name, "other", true]), ["mean", "line", false]]);
  });
  it("tells what rose from what fell, against its own opening or the close before", () => {
    const turns = (closes: boolean) => [...candlesOf(partsOf(plain(DAY).series, {}, NAMES).roles, closes)!.turns];
    expect([turns(false), turns(true)]).toEqual([[1, -1, 1], [0, -1, 1]]);
    const { series } = picture(DAY, { colors: { up: "#00ff00", down: "#ff0000" } });
    expect([0, 1].map((i) => series[0]!.colorAt!(i))).toEqual(["#00ff00", "#ff0000"]);
  });
  it("reaches from the lower to the higher end where nothing says how far it went", () => {
    const { high, low } = candlesOf(partsOf(plain({ open: [1, 5], close: [3, 2] }).series, {}, NAMES).roles, false)!;
    expect([[...high], [...low]]).toEqual([[3, 5], [1, 2]]);
  });
  it("gives volumes an axis of their own below candles, and the whole height alone", () => {
    const defaults = { fieldConfig: { defaults: { unit: "s" }, overrides: [] } };
    expect(picture(DAY, {}, defaults).axes.map(({ key, unit, side, part }) => [key === "volume", unit, side, part])).toEqual([[false, "s", "left", undefined], [true, "short", "right", 1 / 7]]);
    const alone = picture(DAY, { mode: "volume" }, defaults);
    expect([alone.axes.map(({ unit, part }) => [unit, part]), alone.series.filter(({ hidden }) => !hidden.viz).map(({ name }) => name)]).toEqual([[["s", undefined]], ["volume"]]);
    expect(picture(DAY, { mode: "candles" }, defaults).series.map(({ name }) => name)).toEqual(["Open", "high", "low", "close"]);
  });
  it("draws volumes alone where prices have an axis that is not shown", () => {
    const units = { fieldConfig: { defaults: { unit: "currencyEUR" }, overrides: [{ matcher: { id: "byName", options: "volume" }, properties: [{ id: "unit", value: "short" }] }] } };
    const alone = picture(DAY, { mode: "volume" }, units);
    const input = { picture: alone, board: boardAt({ from: 0, to: 20 }), interval: { from: 0, to: 20 }, step: 10, exemplars: [], hidden: new Set<string>(), panelId: 1 };
    const scene = new Scene(input);
    scene.lay(input, 400, 200, 1);
    vi.stubGlobal("Path2D", class { rect() {} });
    const pen = { fill: vi.fn() };
    alone.paint!(pen as never, { scaleOf: (axis) => scene.scaleOf(axis), from: 0, to: 2, width: 300, ratio: 1 });
    vi.unstubAllGlobals();
    expect(alone.axes.map(({ unit }) => unit)).toEqual(["short"]);
    expect(pen.fill).toHaveBeenCalled();
  });
  it("keeps its axes between ticks, as a graph looks at them again only when they are others", () => {
    const maker = new PictureMaker();
    const panel = panelOf({ type: "candlestick" });
    const data = dataOf(Object.entries(DAY).map(([n, values]) => ({ metric: { n }, values })));
    const [first, second] = [data, { ...data, version: 2 }].map((one) => candlePicture(maker.make(panel, one), {}, NAMES).axes);
    expect(second).toBe(first);
  });
});

describe("candles on a canvas", () => {
  const kept = globalThis.Path2D;
  beforeEach(() => {
    globalThis.Path2D = class {
      rects: number[][] = [];
      rect(...at: number[]) { this.rects.push(at); }
    } as unknown as typeof Path2D;
  });
  afterEach(() => void (globalThis.Path2D = kept));
  const f64 = (...values: number[]) => Float64Array.from(values);
  const draw = (more: object = {}, high = f64(8, 7, NaN)) => {
    const filled: Record<string, number[][]> = {};
    const pen = { fillStyle: "", fill(path: { rects: number[][] }) { if (path.rects.length > 0) filled[this.fillStyle] = [...(filled[this.fillStyle] ?? []), ...path.rects]; } };
    const candles = { open: f64(2, 6, NaN), close: f64(6, 4, NaN), high, low: f64(0, 3, NaN), turns: Int8Array.of(1, -1, 0) };
    const scale = { x: (i: number) => 10 + i * 20, y: (value: number) => 100 - value * 10, bottom: 100 };
    candlePainter(f64(0, 1, 2), candles, { up: "#00ff00", down: "#ff0000", flat: "#888888", axis: "y", bars: false, hollow: false, candles: true, ...more })(pen as never, { scaleOf: () => scale, from: 0, to: 2, width: 60, ratio: 1 });
    return filled;
  };
  it("have a body between opening and close, and lines to the highest and lowest value", () => {
    expect(draw()).toEqual({ "#00ff00": [[10, 20, 1, 20], [10, 80, 1, 20], [4, 40, 12, 40]], "#ff0000": [[30, 30, 1, 10], [30, 60, 1, 10], [24, 40, 12, 20]] });
  });
  it("have no line to a highest value that their opening or close goes beyond", () => {
    expect(draw({}, f64(8, 5, NaN))["#ff0000"]).toEqual([[30, 60, 1, 10], [24, 40, 12, 20]]);
  });
  it("are outlines where they closed above their opening and colours tell something else", () => {
    expect(draw({ hollow: true })["#00ff00"]!.at(-1)).toEqual([15, 41, -10, 38]);
    expect(draw({ hollow: true })["#ff0000"]).toEqual(draw()["#ff0000"]);
  });
  it("may be strokes with an arm for the opening and one for the close", () => {
    expect(draw({ bars: true })["#ff0000"]).toEqual([[30, 30, 1, 40], [24, 40, 6, 1], [30, 60, 6, 1]]);
  });
  it("stand beside their volumes, or leave all the room to them", () => {
    const volume = { values: f64(1, 2, NaN), axis: "v", alpha: 0.5 };
    expect(draw({ volume, candles: false })).toEqual({ "rgba(0, 255, 0, 0.5)": [[4, 90, 12, 10]], "rgba(255, 0, 0, 0.5)": [[24, 80, 12, 20]] });
    expect(Object.keys(draw({ volume }))).toHaveLength(4);
  });
});
