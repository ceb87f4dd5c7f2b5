import { describe, expect, it } from "vitest";

import { boardAt } from "../test_panels";
import type { Axis, Drawn, OverAxis, Picture } from "./picture";
import { Scene, spanOf, type PlotInput } from "./scene";

const axis = (more: Partial<OverAxis>): OverAxis => ({ unit: "", decimals: undefined, label: "", min: undefined, max: undefined, log: 0, grid: true, hidden: false, name: "x", text: String, ...more });
const span = (over: Partial<OverAxis>, ...places: number[]) =>
  spanOf({ picture: { times: Float64Array.from(places), series: [], axes: [], shape: 0, errors: [], over: axis(over) } satisfies Picture, interval: { from: 0, to: 1 } });

describe("the places of a trend", () => {
  it("go from the first to the last, or from bound to bound where they are set", () => {
    expect([span({}, 3, 5, 8), span({ min: 0, max: 10 }, 3, 5, 8), span({ min: -5 }, 3, 8)]).toEqual([[3, 8], [0, 10], [-5, 8]]);
  });
  it("on an axis of a logarithm are all above zero, whatever the bounds are", () => {
    for (const log of [2, 10]) {
      expect(span({ log, min: 0 }, 0, 4, 8)).toEqual([4, 8]);
      expect(span({ log, min: -1, max: 0 }, 4, 8)).toEqual([4, 8]);
      expect(span({ log, min: 2, max: 16 }, 4, 8)).toEqual([2, 16]);
      expect(span({ log, min: 0, max: 0 }, -2, 0)).toEqual([1 / log, log]);
    }
  });
});

const valueAxis = (more: Partial<Axis> = {}): Axis => ({ key: "y", side: "left", unit: "", decimals: undefined, label: "", min: undefined, max: undefined, softMin: undefined, softMax: undefined, log: 0, grid: true, hidden: false, centred: false, thresholds: undefined, thresholdMode: "off", ...more });
const row = (values: number[], more: Partial<Drawn> = {}): Drawn =>
  ({ name: "a", axis: "y", color: "#fff", style: { draw: "line", gradient: "none", stack: "" }, hidden: { legend: false, tooltip: false, viz: false }, drawn: Float64Array.from(values), ghost: false, config: {}, ...more }) as Drawn;
const inputOf = (times: number[], series: Drawn[], [from, to]: [number, number], axes = [valueAxis()], hidden: string[] = []): PlotInput =>
  ({ picture: { times: Float64Array.from(times), series, axes, shape: 0, errors: [] }, board: boardAt({ from, to }), interval: { from, to }, step: 1, exemplars: [], hidden: new Set(hidden), panelId: 1 });
const laid = (input: PlotInput, width = 400, height = 200, ratio = 1) => {
  const scene = new Scene(input);
  scene.lay(input, width, height, ratio);
  return scene;
};

describe("the points of a graph", () => {
  const points = (times: number[], span: [number, number]) => {
    const { first, last, from, to } = laid(inputOf(times, [row(times.map(() => 1))], span));
    return [first, last, from, to];
  };
  it("are those in its span, and a neighbour at either end to which the line leads", () => {
    expect(points([0, 10, 20, 30, 40], [10, 30])).toEqual([1, 3, 0, 4]);
    expect(points([0, 10, 20, 30, 40], [11, 29])).toEqual([2, 2, 1, 3]);
    expect(points([0, 10], [0, 10])).toEqual([0, 1, 0, 1]);
  });
  it("may be none, with a line that passes through", () => {
    expect(points([0, 40], [10, 30])).toEqual([1, 0, 0, 1]);
    expect(points([], [10, 30])).toEqual([0, -1, 0, -1]);
    const scene = laid(inputOf([0, 40], [row([100, 300])], [10, 30]));
    expect([scene.spanOf("y").low < 100, scene.spanOf("y").high > 300]).toEqual([true, true]);
  });
});

describe("the places of a graph", () => {
  it("lead from the ends of its span and of its axis to the edges of the plot, in pixels of the canvas", () => {
    const scene = laid(inputOf([0, 10, 20], [row([-10, NaN, 50])], [0, 20], [valueAxis({ min: -10, max: 50 })]), 400, 200, 2);
    const { left, top, width, height } = scene.box;
    expect([left, top, height]).toEqual([2 * scene.room.left, 16, 2 * (200 - 8 - scene.room.bottom)]);
    expect([scene.x(0), scene.x(20), scene.y("y", 50), scene.y("y", -10)]).toEqual([left, left + width, top, top + height]);
    const { x, y, bottom } = scene.scaleOf("y");
    expect([x(1), y(20), bottom]).toEqual([left + width / 2, top + height / 2, scene.y("y", 0)]);
  });
  it("on an axis of a logarithm lie as far apart as powers do, and what has none lies on the ground", () => {
    const scene = laid(inputOf([0, 10], [row([1, 100])], [0, 10], [valueAxis({ log: 10 })]));
    const { top, height } = scene.box;
    expect([scene.y("y", 10), scene.y("y", 0), scene.scaleOf("y").bottom]).toEqual([top + height / 2, top + height, top + height]);
  });
  it("on a logarithm of hundreds of powers are places, too", () => {
    const scene = laid(inputOf([0, 10], [row([1e-200, 1e200])], [0, 10], [valueAxis({ log: 10, min: 1e-200, max: 1e200 })]));
    expect(scene.y("y", 1)).toBeCloseTo(scene.box.top + scene.box.height / 2);
  });
  it("of an axis without a series that is shown are those from 0 to 1", () => {
    const scene = laid(inputOf([0, 10], [row([1, 2])], [0, 10]));
    expect([scene.spanOf("other"), scene.scaleOf("other").x(1), scene.scaleOf("other").y(0)]).toMatchObject([{ low: 0, high: 1 }, scene.x(10), scene.box.top + scene.box.height]);
  });
  it("follow the series that are shown", () => {
    const two = [row([1, 2]), row([1000, 2000], { name: "b" })];
    expect(laid(inputOf([0, 10], two, [0, 10])).spanOf("y").high).toBeGreaterThan(2000);
    expect(laid(inputOf([0, 10], two, [0, 10], [valueAxis()], ["b"])).spanOf("y").high).toBeLessThan(3);
  });
});

describe("the room of the axes", () => {
  it("is that of their texts and labels, and of none a margin", () => {
    const at = (axes: Axis[]) => laid(inputOf([0, 10], axes.map((axis) => row([1, 2], { axis: axis.key })), [0, 10], axes)).room;
    const bare = at([valueAxis()]);
    expect(bare.right).toBe(10);
    expect(at([valueAxis({ label: "load" })]).left).toBe(bare.left + 18);
    expect(at([valueAxis({ hidden: true })])).toMatchObject({ left: 8, right: 10 });
    expect(at([valueAxis(), valueAxis({ key: "z", side: "right" })])).toMatchObject({ left: bare.left, right: bare.left });
    expect(at([valueAxis({ unit: "suffix: megacandelas" })]).left).toBeGreaterThan(bare.left + 50);
  });
  it("stays while a little less would do, so that the graph does not jump", () => {
    const input = (most: number) => inputOf([0, 10], [row([0, most])], [0, 10], [valueAxis({ unit: "short", decimals: 1 })]);
    const scene = laid(input(900_000));
    const widest = scene.room.left;
    const after = (most: number) => (scene.lay(input(most), 400, 200, 1), scene.room.left);
    expect([after(90_000), after(900_000)]).toEqual([widest, widest]);
    expect(after(9)).toBeLessThan(widest);
  });
  it("draws no marks where there is none", () => {
    const scene = laid(inputOf([0, 10], [row([1, 2])], [0, 10]), 20, 10);
    expect([scene.box.width, scene.box.height, scene.sides[0]!.marks.named, scene.bottom.marks.named]).toEqual([0, 0, [], []]);
  });
});

it("an axis whose values take a part of the height says nothing above them", () => {
  const scene = laid(inputOf([0, 10], [row([0, 100])], [0, 10], [valueAxis({ part: 0.25 })]));
  expect(scene.spanOf("y")).toMatchObject({ low: 0, high: 400 });
  expect(Math.max(...scene.sides[0]!.marks.named)).toBeLessThan(200);
});
