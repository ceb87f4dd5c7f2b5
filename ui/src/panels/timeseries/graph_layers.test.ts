import { expect, it } from "vitest";
import { dotsOf, thresholdAreas, withinPlot } from "./graph_layers";
import type { Axis, Drawn } from "./picture";
import type { Scene } from "./scene";

const NO = NaN;
const drawn = (style: object, ...values: number[]) => ({ style: { draw: "line", points: "auto", spanGaps: 0, ...style }, drawn: Float64Array.from(values) }) as Drawn;

it("dots each point that has room, what stands alone between gaps, and nothing where points are wanted never or everywhere", () => {
  const at = (style: object, width: number, dense = false) => dotsOf(drawn(style, 1, NO, 3, 4, NO, 6), 0, 5, width, dense);
  expect([at({}, 31), at({}, 30)]).toEqual([[0, 2, 3, 5], [0, 5]]); // 6 px for each of five steps
  expect([at({ points: "always" }, 1), at({ draw: "points" }, 1)]).toEqual([[0, 2, 3, 5], [0, 2, 3, 5]]);
  expect([at({ points: "never" }, 1000), at({ points: "never", spanGaps: Infinity }, 1000), at({ draw: "bars" }, 1000), at({}, 1, true)]).toEqual([[0, 5], [], [], []]);
  const many = drawn({}, ...Array.from({ length: 100 }, (_, i) => i));
  expect([dotsOf(many, 0, 59, 1e6, false).length, dotsOf(many, 0, 60, 1e6, false).length]).toEqual([60, 0]);
});

function plot() {
  const calls: unknown[] = [];
  const ctx = new Proxy({} as Record<string, unknown>, { get: (own, name: string) => own[name] ?? ((...given: unknown[]) => calls.push([name, ...given])), set: (own, name: string, value) => ((own[name] = value), true) });
  const scene = { box: { left: 0, top: 0, width: 10, height: 100 }, ratio: 1, y: (_axis: string, value: number) => 100 - value } as unknown as Scene;
  return { pen: ctx as unknown as CanvasRenderingContext2D, scene, calls };
}

it("fills from each threshold to the next, of percentages between the axis's ends", () => {
  const axis = (percentage: boolean): Axis => ({ key: "y", min: 20, max: 60, thresholdMode: "area", thresholds: { percentage, steps: [{ value: -Infinity, color: "#00ff00" }, { value: 50, color: "#ff0000" }, { value: 75, color: "transparent" }] } }) as unknown as Axis;
  const filled = (percentage: boolean) => {
    const { pen, scene, calls } = plot();
    thresholdAreas(pen, scene, axis(percentage));
    return calls.map((call) => (call as unknown[]).slice(2));
  };
  expect(filled(false)).toEqual([[50, 10, 50], [25, 10, 25]]);
  expect(filled(true)).toEqual([[60, 10, 40], [50, 10, 10]]);
});

it("leaves all outside the plot alone, but for half of a line above and below it", () => {
  const { pen, scene, calls } = plot();
  withinPlot(pen, scene, 3, () => {});
  expect(calls).toContainEqual(["rect", 0, -3, 10, 106]);
});

it("takes its clip back when drawing fails", () => {
  const { pen, scene, calls } = plot();
  expect(() => withinPlot(pen, scene, 0, () => { throw new Error("no ink"); })).toThrow("no ink");
  expect(calls.map((call) => (call as unknown[])[0])).toEqual(["save", "beginPath", "rect", "clip", "restore"]);
});
