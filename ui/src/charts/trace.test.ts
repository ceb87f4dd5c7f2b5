import { describe, expect, it } from "vitest";
import { drawTrace, type Trace } from "./trace";

const f64 = (...values: number[]) => Float64Array.from(values);

// The pieces of the line, as "x,y x,y", and how many areas are filled. A picture 100 wide and 14 high has 10 for its values.
function drawn(trace: Partial<Trace> & Pick<Trace, "times" | "values">): { lines: string[]; areas: number } {
  const lines: string[] = [];
  let path: string[] = [];
  let areas = 0;
  const at = (x: number, y: number) => void path.push(`${Math.round(x)},${Math.round(y)}`);
  const pen = {
    globalAlpha: 1, lineWidth: 1, lineJoin: "miter" as const, lineCap: "butt" as const,
    beginPath: () => void (path = []), moveTo: at, lineTo: at,
    stroke: () => void lines.push(path.filter((place, i) => place !== path[i - 1]).join(" ")),
    fill: () => void areas++,
  };
  drawTrace(pen, { everyStep: undefined, from: 0, to: 100, low: 0, high: 10, width: 100, height: 14, fill: 0.1, ...trace });
  return { lines, areas };
}

describe("a sparkline", () => {
  it("has its points where their times are, within the range that is looked at", () => {
    expect(drawn({ times: f64(10, 20, 80), values: f64(0, 10, 5) }).lines).toEqual(["10,12 20,2 80,7"]);
  });
  it("ends where there is no value, and where a step is missing", () => {
    expect(drawn({ times: f64(0, 10, 20, 30, 40), values: f64(0, 0, NaN, 0, 0) })).toEqual({ lines: ["0,12 10,12", "30,12 40,12"], areas: 2 });
    expect(drawn({ times: f64(0, 10, 60, 70), values: f64(0, 0, 0, 0), everyStep: 10 })).toEqual({ lines: ["0,12 10,12", "60,12 70,12"], areas: 2 });
  });
  it("goes on over steps that a live stream has passed over", () => {
    expect(drawn({ times: f64(0, 10, 60, 70), values: f64(0, 0, 0, 0) })).toEqual({ lines: ["0,12 10,12 60,12 70,12"], areas: 1 });
  });
  it("shows a value between two outages as a dot", () => {
    expect(drawn({ times: f64(0, 50, 100), values: f64(0, 5, Infinity), everyStep: 10 })).toEqual({ lines: ["0,12", "50,7"], areas: 0 });
  });
  it("of one value ends at the right edge", () => expect(drawn({ times: f64(7), values: f64(5), from: 7, to: 7 }).lines).toEqual(["100,7"]));
  it("of another time than the range is drawn over its own", () => {
    expect(drawn({ times: f64(1000, 1010, 1040), values: f64(0, 0, 0) }).lines).toEqual(["0,12 25,12 100,12"]);
  });
  it("of more points than can be seen is thinned, and its outage is still seen", () => {
    const times = Float64Array.from({ length: 8000 }, (_, i) => (i < 4000 ? i : i + 2000) / 100);
    const { lines } = drawn({ times, values: new Float64Array(8000), everyStep: 0.01 });
    expect(lines.map((line) => [line.split(" ")[0], line.split(" ").at(-1)])).toEqual([["0,12", "40,12"], ["60,12", "100,12"]]);
  });
  it("of more points than can be seen shows what only one of them says: the most, the least, an outage, the last", () => {
    const times = Float64Array.from({ length: 8000 }, (_, i) => i / 80);
    const values = new Float64Array(8000).fill(5);
    [values[1601], values[3203], values[4806], values[7999]] = [10, 0, NaN, 8];
    const { lines } = drawn({ times, values });
    const places = lines.map((line) => line.split(" "));
    expect(places).toHaveLength(2);
    expect(places[0]).toEqual(expect.arrayContaining(["0,7", "20,2", "40,12"]));
    expect([places[0]!.at(-1), places[1]![0], places[1]!.at(-1)]).toEqual(["60,7", "60,7", "100,4"]);
    expect(places.flat().length).toBeLessThan(500);
  });
  it("of nothing is nothing", () => expect(drawn({ times: f64(), values: f64() }).lines).toEqual([]));
});
