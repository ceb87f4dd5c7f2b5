import { describe, expect, it } from "vitest";
import { makeField, makeFrame, displayNameOf, type DataFrame } from "./frame";
import { autoNames, legendOf } from "./legend";
import { alignSeries, bucketRows, seriesFrames, seriesNames, tableFrame } from "./prometheus_frames";
import { transform } from "./transforms";

const f64 = (...values: number[]) => Float64Array.from(values);
const table = (refId: string, columns: Record<string, unknown[]>): DataFrame => makeFrame(refId, Object.entries(columns).map(([name, values]) => makeField(name, name === "Time" ? "time" : typeof values[0] === "number" ? "number" : "string", values)));
const rows = (frames: DataFrame[]) => frames.map((frame) => ({
  columns: frame.fields.map((f) => displayNameOf(f, frame, frames)),
  rows: Array.from({ length: frame.length }, (_, row) => frame.fields.map((f) => f.values[row])),
}));
const run = (frames: DataFrame[], id: string, options: object = {}) => {
  const out = transform(frames, [{ id, options: options as never }]);
  expect(out.errors).toEqual([]);
  return rows(out.frames);
};
const series = (name: string, times: number[], values: number[], labels: Record<string, string> = {}): DataFrame =>
  makeFrame("A", [makeField("Time", "time", times), { ...makeField("Value", "number", f64(...values), labels), config: { displayNameFromDS: name } }], name);

describe("legends", () => {
  it("that nobody wrote name the labels that differ, of each series those that it has", () => {
    expect(autoNames([{ job: "a", node: "n1" }, { job: "b" }, {}], "x")).toEqual(["job=a node=n1", "job=b", "(none)"]);
    expect(autoNames([{ A: "1", __name__: "x" }, { A: "2", __name__: "y" }, { A: "3" }], "x")).toEqual(["x A=1", "y A=2", "A=3"]);
  });
  it("fill in labels, also missing ones", () => expect(legendOf("{{a}}/{{ b }} {{c}}", { a: "1", b: "2" })).toBe("1/2 "));
  it("that have nothing but spaces to say are none", () => {
    const all = [{ metric: { node: "a" } }, { metric: { node: "b" } }];
    expect(seriesNames(all, { refId: "A", expr: "x", legendFormat: "{{ name }} {{ gc }}" })).toEqual(["a", "b"]);
  });
  it("name series by the labels in which they differ", () => {
    expect(autoNames([{ __name__: "up", a: "1", b: "x" }, { __name__: "up", a: "2", b: "x" }], "up")).toEqual(["1", "2"]);
    expect(autoNames([{ a: "1", b: "x" }, { a: "2", b: "y" }], "e")).toEqual(["a=1 b=x", "a=2 b=y"]);
    expect(autoNames([{ __name__: "up" }], "up")).toEqual(["up"]);
    expect(autoNames([{}], "sum(up)")).toEqual(["sum(up)"]);
  });
});

describe("alignSeries", () => {
  it("keeps the row of times that all share", () => {
    const times = f64(1, 2);
    expect(alignSeries([{ metric: {}, times, values: f64(5, 6) }, { metric: {}, times, values: f64(7, 8) }]).times).toBe(times);
  });
  it("joins rows that differ, with gaps", () => {
    const out = alignSeries([{ metric: {}, times: f64(1, 3), values: f64(10, 30) }, { metric: {}, times: f64(2), values: f64(20) }]);
    expect([...out.times]).toEqual([1, 2, 3]);
    expect(out.series.map((s) => [...s.values])).toEqual([[10, NaN, 30], [NaN, 20, NaN]]);
  });
});

it("bucketRows undoes the accumulation of classic buckets, in the order of their bounds", () => {
  const bucket = (le: string, ...values: number[]) => ({ metric: { le }, values: f64(...values) });
  expect(bucketRows({ times: f64(1, 2), series: [bucket("+Inf", 9, 9), bucket("0.5", 3, 1), bucket("10", 7, 9)] }).map((r) => [r.lower, r.upper, ...r.values])).toEqual([[0, 0.5, 3, 1], [0.5, 10, 4, 8], [10, Infinity, 2, 0]]);
});

it("seriesFrames and tableFrame name their values", () => {
  const frames = seriesFrames({ times: f64(1), series: [{ metric: { n: "a" }, values: f64(1) }] }, { refId: "A", expr: "up", legendFormat: "node {{n}}" });
  expect(displayNameOf(frames[0]!.fields[1]!, frames[0]!, frames)).toBe("node a");
  expect(frames[0]!.fields[0]!.values[0]).toBe(1000);
  expect(rows([tableFrame([{ metric: { n: "a" }, timeMs: 5, value: 1 }, { metric: { m: "b" }, timeMs: 5, value: 2 }], "B", true)])).toEqual([{ columns: ["Time", "m", "n", "Value #B"], rows: [[5, "", "a", 1], [5, "b", "", 2]] }]);
});

describe("transform", () => {
  it("organize hides, orders and renames", () => {
    expect(run([table("A", { Time: [1], a: ["x"], b: [2] })], "organize", { excludeByName: { Time: true }, indexByName: { b: 0, a: 1 }, renameByName: { b: "Count" } })).toEqual([{ columns: ["Count", "a"], rows: [[2, "x"]] }]);
  });
  it("merge joins rows that agree", () => {
    expect(run([table("A", { node: ["a", "b"], "Value #A": [1, 2] }), table("B", { node: ["b", "c"], "Value #B": [20, 30] })], "merge")).toEqual([{ columns: ["node", "Value #A", "Value #B"], rows: [["a", 1, undefined], ["b", 2, 20], ["c", undefined, 30]] }]);
  });
  it("joinByField joins by time or by a named column, outer or inner", () => {
    const frames = [series("x", [1, 2], [10, 20]), series("y", [2, 3], [200, 300])];
    expect(run(frames, "joinByField")).toEqual([{ columns: ["Time", "x", "y"], rows: [[1, 10, undefined], [2, 20, 200], [3, undefined, 300]] }]);
    expect(run([table("A", { k: ["a", "b"], v: [1, 2] }), table("B", { k: ["b"], w: [3] })], "joinByField", { byField: "k", mode: "inner" })).toEqual([{ columns: ["k", "v", "w"], rows: [["b", 2, 3]] }]);
  });
  it("reduce makes a row of each series", () => {
    expect(run([series("x", [1, 2], [10, 20]), series("y", [1, 2], [3, 1])], "reduce", { reducers: ["max", "lastNotNull"] })).toEqual([{ columns: ["Field", "Max", "Last *"], rows: [["x", 20, 20], ["y", 3, 1]] }]);
  });
  it("filterFieldsByName takes names and patterns", () => {
    const frame = table("A", { aa: [1], ab: [2], b: [3] });
    expect(run([frame], "filterFieldsByName", { include: { names: ["b"], pattern: "/^aa/" } })[0]!.columns).toEqual(["aa", "b"]);
    expect(run([frame], "filterFieldsByName", { exclude: { pattern: "a." } })[0]!.columns).toEqual(["b"]);
    // A bare pattern is one of the whole name.
    expect(run([frame], "filterFieldsByName", { include: { pattern: "a" } })).toEqual([]);
  });
  it("filterByValue keeps or drops rows", () => {
    const frame = table("A", { n: ["a", "b", "c"], v: [1, 5, 9] });
    const filters = [{ fieldName: "v", config: { id: "greater", options: { value: 4 } } }, { fieldName: "n", config: { id: "regex", options: { value: "b$" } } }];
    expect(run([frame], "filterByValue", { type: "include", match: "any", filters })[0]!.rows).toEqual([["b", 5], ["c", 9]]);
    expect(run([frame], "filterByValue", { type: "exclude", match: "all", filters })[0]!.rows).toEqual([["a", 1], ["c", 9]]);
  });
  it("groupBy aggregates", () => {
    expect(run([table("A", { n: ["a", "b", "a"], v: [1, 5, 9] })], "groupBy", { fields: { n: { operation: "groupby" }, v: { operation: "aggregate", aggregations: ["sum", "count"] } } })).toEqual([{ columns: ["n", "v (sum)", "v (count)"], rows: [["a", 10, 2], ["b", 5, 1]] }]);
  });
  it("sortBy and limit", () => {
    const frame = table("A", { n: ["a", "b", "c"], v: [1, 9, 5] });
    expect(run([frame], "sortBy", { sort: [{ field: "v", desc: true }] })[0]!.rows.map((r) => r[0])).toEqual(["b", "c", "a"]);
    expect(run([frame], "limit", { limitField: 2 })[0]!.rows).toHaveLength(2);
  });
  it("calculateField adds a column from two, from one, from all", () => {
    const frame = table("A", { a: [6, 8], b: [3, 4] });
    expect(run([frame], "calculateField", { mode: "binary", binary: { left: "a", operator: "/", right: "b" }, alias: "q" })[0]!.rows).toEqual([[6, 3, 2], [8, 4, 2]]);
    expect(run([frame], "calculateField", { mode: "binary", binary: { left: { matcher: { id: "byName", options: "a" } }, operator: "*", right: { fixed: "10" } }, replaceFields: true })[0]).toEqual({ columns: ["a * 10"], rows: [[60], [80]] });
    expect(run([frame], "calculateField", { reduce: { reducer: "sum" } })[0]!.rows).toEqual([[6, 3, 9], [8, 4, 12]]);
  });
  it("seriesToRows, labelsToFields, renameByRegex, concatenate", () => {
    expect(run([series("x", [1, 3], [10, 30]), series("y", [2], [20])], "seriesToRows")[0]!.rows).toEqual([[3, "x", 30], [2, "y", 20], [1, "x", 10]]);
    expect(run([series("x", [1], [10], { node: "a", zone: "z" }), series("y", [1], [20], { node: "b", zone: "z" })], "labelsToFields", { keepLabels: ["node"] })).toEqual([{ columns: ["Time", "node", "Value"], rows: [[1, "a", 10], [1, "b", 20]] }]);
    expect(run([table("A", { "cpu-n1": [1] })], "renameByRegex", { regex: "cpu-(.*)", renamePattern: "$1" })[0]!.columns).toEqual(["n1"]);
    expect(run([table("A", { "a-b-c": [1], "pre-cpu": [1] })], "renameByRegex", { regex: "/-/g", renamePattern: "." })[0]!.columns).toEqual(["a.b.c", "pre.cpu"]);
    expect(run([table("A", { "pre-cpu-n1": [1] })], "renameByRegex", { regex: "cpu-(.*)", renamePattern: "$1" })[0]!.columns).toEqual(["pre-cpu-n1"]);
    expect(run([table("A", { a: [1, 2] }), table("B", { b: [3] })], "concatenate", { frameNameMode: "drop" })).toEqual([{ columns: ["a", "b"], rows: [[1, 3], [2, undefined]] }]);
  });
  it("configFromData sets bounds of other frames", () => {
    const out = transform([table("config", { Max: [50], Unit: ["s"] }), table("A", { v: [1] })], [{ id: "configFromData", options: { configRefId: "config", mappings: [{ fieldName: "Max", handlerKey: "max" }, { fieldName: "Unit", handlerKey: "unit" }] } }]);
    expect(out.frames.map((f) => f.fields[0]!.config)).toEqual([{ max: 50, unit: "s" }]);
  });
  it("names what it does not know and goes on", () => {
    const out = transform([table("A", { v: [2, 1] })], [{ id: "spatial", options: {} }, { id: "limit", options: { limitField: 1 } }]);
    expect(out.errors).toEqual(['transformation "spatial" is not known']);
    expect(out.frames[0]!.length).toBe(1);
  });
});
