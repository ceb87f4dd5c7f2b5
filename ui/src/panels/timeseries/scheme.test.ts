import { beforeEach, describe, expect, it, vi } from "vitest";
import { bucketsPanel } from "../test_panels";
import { PictureMaker } from "./picture";
import { colorAt, gradientOf, stopsOf } from "./scheme";

const STEPS = [{ color: "#00ff00", value: null }, { color: "#ffff00", value: 50 }, { color: "#ff0000", value: 80 }];
const thresholds = (mode = "absolute", steps: object[] = STEPS) => ({ color: { mode: "thresholds" }, thresholds: { mode, steps } });
const AXIS = { min: undefined, max: undefined };
const stops = (config: object, axis: object = AXIS) => stopsOf(config as never, axis as never, 10, 90)!;
const draw = (config: object, alpha = 1, axis: object = AXIS, shareOf = (value: number) => value / 100) => {
  const drawn: [number, string][] = [];
  const pen = { createLinearGradient: (...at: number[]) => ({ at, addColorStop: (share: number, color: string) => {
    if (!(share >= 0 && share <= 1)) throw new DOMException("not a place", "IndexSizeError");
    drawn.push([share, color]);
  } }) };
  const made = gradientOf(pen as never, stops(config, axis), { top: 5, height: 100 }, shareOf, alpha) as unknown as { at: number[] };
  return { at: made.at, drawn };
};

beforeEach(() => void vi.stubGlobal("CSS", { supports: (_: string, color: string) => /^(#|rgb)/.test(color) }));

describe("colours by value", () => {
  it("change at each threshold, all at once", () => {
    const { at, drawn } = draw(thresholds());
    expect(at).toEqual([0, 105, 0, 5]);
    expect(drawn.map(([share, color]) => [share, color.replace(/\s/g, "")])).toEqual([[0, "rgba(0,255,0,1)"], [0.5, "rgba(0,255,0,1)"], [0.5, "rgba(255,255,0,1)"], [0.8, "rgba(255,255,0,1)"], [0.8, "rgba(255,0,0,1)"]]);
    expect([10, 50, 79, 95].map((value) => colorAt(stops(thresholds()), value))).toEqual(["#00ff00", "#ffff00", "#ffff00", "#ff0000"]);
  });
  it("of thresholds in per cent are of the axis", () => {
    expect(stops(thresholds("percentage"), { min: 0, max: 10 }).list.map(({ value }) => value)).toEqual([-Infinity, 5, 8]);
  });
  it("of a scheme pass over into each other between the ends of the data, or those that are set", () => {
    const ends = (config: object) => {
      const { list, edges } = stops(config);
      return [edges, list[0]!.value, list.at(-1)!.value];
    };
    expect(ends({ color: { mode: "continuous-GrYlRd" } })).toEqual([false, 10, 90]);
    expect(ends({ color: { mode: "continuous-BlPu" }, min: 0, max: 1 })).toEqual([false, 0, 1]);
    expect(draw({ color: { mode: "continuous-GrYlRd" } }, 0.5).drawn[0]).toEqual([0.1, "rgba(47, 181, 116, 0.5)"]);
  });
  it("that are none are grey, not the end of the drawing", () => {
    expect(draw(thresholds("absolute", [{ color: "nosuchcolour", value: null }])).drawn).toEqual([[0, "#8b98a9"]]);
  });
  it("have a place where the axis has no extent, or the plot no height", () => {
    const flat = { min: 5, max: 5 };
    expect(stops(thresholds("percentage"), flat).list.map(({ value }) => value)).toEqual([-Infinity, 5, 5]);
    expect(colorAt(stops(thresholds("percentage"), flat), 4)).toBe("#00ff00");
    expect(draw(thresholds("percentage"), 1, flat, (value) => (value - 5) / 0).drawn.map(([share]) => share)).toEqual([0, 0, 0, 0, 0]);
    expect(draw({ color: { mode: "continuous-GrYlRd" } }, 1, AXIS, () => 0 / 0).drawn.every(([share]) => share === 0)).toBe(true);
  });
  it("are those of series whose colour is one of values, and only where the board says so", () => {
    const gradient = (color: object, gradientMode: string) => new PictureMaker().make(bucketsPanel.panelOf({ type: "timeseries", fieldConfig: { defaults: { color, custom: { gradientMode } }, overrides: [] } }), bucketsPanel.dataOf([{ metric: {}, values: [1] }])).series[0]!.style.gradient;
    expect([gradient({ mode: "thresholds" }, "scheme"), gradient({ mode: "continuous-GrYlRd" }, "scheme"), gradient({ mode: "palette-classic" }, "scheme"), gradient({ mode: "thresholds" }, "opacity"), gradient({ mode: "thresholds" }, "none")]).toEqual(["scheme", "scheme", "none", "fade", "none"]);
    expect(stopsOf({ color: { mode: "fixed" } }, { min: undefined, max: undefined }, 0, 1)).toBeUndefined();
  });
});
