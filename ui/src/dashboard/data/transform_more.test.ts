import { describe, expect, it } from "vitest";
import { datePattern } from "../field/date_pattern";
import { displayNameOf, makeField, makeFrame, type DataFrame } from "./frame";
import { leastSquares } from "./transform_models";
import { isTrend } from "./transform_shapes";
import { transform } from "./transforms";

const f64 = (...values: number[]) => Float64Array.from(values);
const table = (columns: Record<string, unknown[]>): DataFrame => makeFrame("A", Object.entries(columns).map(([name, values]) => makeField(name, name === "Time" ? "time" : typeof values[0] === "number" ? "number" : "string", values)));
const series = (labels: Record<string, string>, times: number[], values: number[]): DataFrame => makeFrame("A", [makeField("Time", "time", times), makeField("Value", "number", f64(...values), labels)]);
const run = (frames: DataFrame[], id: string, options: object = {}) => {
  const out = transform(frames, [{ id, options: options as never }]);
  expect(out.errors).toEqual([]);
  return out.frames;
};
const rows = (frames: DataFrame[]) => frames.map((frame) => [frame.fields.map((f) => displayNameOf(f, frame, frames)), ...Array.from({ length: frame.length }, (_, row) => frame.fields.map((f) => f.values[row]))]);

const wide = table({ region: ["us", "us", "eu"], op: ["read", "write", "read"], Value: [1, 2, 3] });

describe("shapes", () => {
  it("groupingToMatrix", () => {
    expect(rows(run([wide], "groupingToMatrix", { columnField: "op", rowField: "region", valueField: "Value", emptyValue: "zero" }))).toEqual([[["region\\op", "read", "write"], ["us", 1, 2], ["eu", 3, 0]]]);
    expect(rows(run([wide], "groupingToMatrix", { columnField: "op", rowField: "region" }))[0]![2]).toEqual(["eu", 3, null]);
  });
  it("partitionByValues", () => {
    const parts = run([wide], "partitionByValues", { fields: ["region"], naming: { withNames: true } });
    expect(parts.map((frame) => frame.name)).toEqual(["region=us", "region=eu"]);
    expect(parts.map((frame) => frame.fields.map((f) => f.name))).toEqual([["op", "Value"], ["op", "Value"]]);
    expect(run([wide], "partitionByValues", { fields: ["region"], keepFields: true, naming: { asLabels: true } })[1]!.fields[2]!.labels).toEqual({ region: "eu" });
  });
  it("prepareTimeSeries", () => {
    const two = [series({ n: "a" }, [1, 2], [10, 20]), series({ n: "b" }, [2], [5])];
    expect(rows(run(two, "prepareTimeSeries", { format: "long" }))).toEqual([[["Time", "n", "Value"], [1, "a", 10], [2, "a", 20], [2, "b", 5]]]);
    expect(rows(run(two, "prepareTimeSeries", { format: "wide" }))[0]!.slice(1)).toEqual([[1, 10, undefined], [2, 20, 5]]);
    expect(run(run(two, "prepareTimeSeries", { format: "wide" }), "prepareTimeSeries", { format: "multi" })).toHaveLength(2);
  });
  it("timeSeriesTable keeps each series as one cell", () => {
    const [made] = run([series({ n: "a" }, [1, 2], [10, 20]), series({ n: "b" }, [1, 2], [7, 5])], "timeSeriesTable", { A: { stat: "max" } });
    expect(made!.fields.map((f) => f.name)).toEqual(["n", "Trend #A"]);
    const cells = [...(made!.fields[1]!.values as unknown[])];
    expect(cells.every(isTrend) && cells.map((cell) => isTrend(cell) && [cell.value, ...cell.values])).toEqual([[20, 10, 20], [7, 7, 5]]);
    expect(cells.map((cell) => isTrend(cell) && [...Array.from(cell.times), cell.everyStep])).toEqual([[0.001, 0.002, undefined], [0.001, 0.002, undefined]]);
    const stepped = series({ n: "a" }, [1000, 2000], [10, 20]);
    stepped.fields[0]!.config.interval = 1000;
    expect(run([stepped], "timeSeriesTable", {})[0]!.fields[1]!.values[0]).toMatchObject({ times: f64(1, 2), everyStep: 1 });
  });
  it("groupToNestedTable keeps the rows inside, in the order of the groups, also when these are sorted", () => {
    const fields = { region: { operation: "groupby", aggregations: [] }, Value: { operation: "aggregate", aggregations: ["sum"] } };
    const made = run([wide], "groupToNestedTable", { fields });
    expect(rows(made)).toEqual([[["region", "Value (sum)"], ["us", 3], ["eu", 3]]]);
    const groups = [[["op", "read", "write"], ["Value", 1, 2]], [["op", "read"], ["Value", 3]]];
    const inside = (frames: DataFrame[]) => frames[0]!.nested!.map((frame) => frame.fields.map((field) => [field.name, ...Array.from({ length: frame.length }, (_, row) => field.values[row])]));
    expect(inside(made)).toEqual(groups);
    expect(inside(run(made, "sortBy", { sort: [{ field: "region" }] }))).toEqual([...groups].reverse());
  });
});

describe("texts", () => {
  it("formatTime", () => expect(rows(run([table({ Time: [0], v: [1] })], "formatTime", { timeField: "Time", outputFormat: "DD.MM.YY HH:mm:ss", useTimezone: false }))).toEqual([[["Time", "v"], ["01.01.70 00:00:00", 1]]]));
  it.each([["YYYY-MM-DD[T]HH:mm:ss.SSS", "2026-03-02T15:04:05.678"], ["ddd D MMM, h:mm A", "Mon 2 Mar, 3:04 PM"], ["Do MMMM dddd", "2nd March Monday"], ["X", "1772463845"]])("dates as %s", (pattern, expected) => expect(datePattern(Date.UTC(2026, 2, 2, 15, 4, 5, 678), pattern, "UTC")).toBe(expected));
  it.each([["Upper Case", "EU-WEST ONE"], ["Title Case", "Eu-west One"], ["Pascal Case", "EuWestOne"], ["Camel Case", "euWestOne"], ["Snake Case", "eu_west_one"], ["Kebab Case", "eu-west-one"], ["Sentence Case", "Eu-west one"]])("formatString %s", (outputFormat, expected) => expect(run([table({ n: ["eu-west one"] })], "formatString", { stringField: "n", outputFormat })[0]!.fields[0]!.values).toEqual([expected]));
  it("formatString takes a part", () => expect(run([table({ n: ["abcdef"] })], "formatString", { stringField: "n", outputFormat: "Substring", substringStart: 1, substringEnd: 3 })[0]!.fields[0]!.values).toEqual(["bc"]));
  it("extractFields", () => {
    expect(rows(run([table({ line: ['{"a": {"b": 1}, "c": "x"}', "broken {:"] })], "extractFields", { source: "line", format: "json", jsonPaths: [{ path: "a.b", alias: "b" }], replace: true }))).toEqual([[["b"], [1], [undefined]]]);
    expect(rows(run([table({ line: ["level=warn n=3", 'level="very bad" n=4'] })], "extractFields", { source: "line", replace: true }))).toEqual([[["level", "n"], ["warn", 3], ["very bad", 4]]]);
    expect(rows(run([table({ line: ["GET /x"] })], "extractFields", { source: "line", format: "regexp", regExp: "/(?<verb>\\w+) (?<path>.+)/", replace: true }))).toEqual([[["verb", "path"], ["GET", "/x"]]]);
    expect(run([series({ region: "eu" }, [1], [2])], "extractFields", { source: "labels" })[0]!.fields.map((f) => f.name)).toEqual(["Time", "Value", "region"]);
  });
});

describe("models", () => {
  it("regression finds the line and the curve", () => {
    const made = run([series({}, [0, 1000, 2000, 3000], [1, 3, 5, 7])], "regression", { modelType: "linear", predictionCount: 4 });
    expect(made).toHaveLength(2);
    expect(Array.from(made[1]!.fields[1]!.values as Float64Array, (v) => Number(v.toFixed(6)))).toEqual([1, 3, 5, 7]);
    expect(displayNameOf(made[1]!.fields[1]!, made[1]!, made)).toBe("Linear regression");
    expect(leastSquares([[0, 1], [1, 2], [2, 5], [3, 10]], 2).map((v) => Number(v.toFixed(6)))).toEqual([1, 0, 1]);
  });
  it("heatmap counts values into cells of time and value", () => {
    const [cells] = run([series({}, [0, 500, 1000, 1500], [1, 2, 11, NaN])], "heatmap", { xBuckets: { mode: "size", value: "1s" }, yBuckets: { mode: "size", value: "10" } });
    expect(rows([cells!])).toEqual([[["xMin", "xMax", "yMin", "yMax", "Count"], [0, 1000, 0, 10, 2], [1000, 2000, 10, 20, 1]]]);
  });
});

describe("as boards call what steps make", () => {
  const two = [series({ n: "a" }, [1, 2], [10, 20]), { ...series({ n: "b" }, [1, 2], [3, 1]), refId: "B" }];
  it("a reduced column has Grafana's name, by which later steps find it", () => {
    const reduced = run(two, "reduce", { reducers: ["lastNotNull", "firstNotNull", "stdDev", "changeCount", "p95"] });
    expect(rows(reduced)[0]![0]).toEqual(["Field", "Last *", "First *", "StdDev", "Change count", "95th %"]);
    expect(rows(run(reduced, "sortBy", { sort: [{ field: "Last *" }] }))[0]!.slice(1).map((row) => row[0])).toEqual(["b", "a"]);
    expect(rows(run(two, "reduce", { reducers: ["max"], fields: { id: "byName", options: "b" } }))[0]).toEqual([["Field", "Max"], ["b", 3]]);
  });
  it("columns that share a name are counted over the frames that have them", () => {
    const joined = run([table({ k: ["a"], v: [1] }), table({ k: ["a"], w: [2] }), table({ k: ["a"], v: [3] })], "joinByField", { byField: "k" });
    expect(rows(joined)[0]![0]).toEqual(["k", "v 1", "w", "v 2"]);
    expect(rows(run([table({ v: [1] }), table({ v: [2] })], "concatenate", { frameNameMode: "drop" }))[0]![0]).toEqual(["v 1", "v 2"]);
  });
  it("tables are joined with all rows of a key, series with one of a moment", () => {
    const [one, many] = [table({ k: ["a", "b"], v: [1, 2] }), table({ k: ["a", "a", "c"], w: [3, 4, 5] })];
    expect(rows(run([one, many], "joinByField", { byField: "k", mode: "inner" }))[0]!.slice(1)).toEqual([["a", 1, 3], ["a", 1, 4]]);
    expect(rows(run([one, many], "joinByField", { byField: "k", mode: "outerTabular" }))[0]!.slice(1)).toEqual([["a", 1, 3], ["a", 1, 4], ["b", 2, undefined], ["c", undefined, 5]]);
    expect(rows(run([one, many], "joinByField", { byField: "k", mode: "outer" }))[0]!.slice(1)).toEqual([["a", 1, 3], ["b", 2, undefined], ["c", undefined, 5]]);
  });
  it("a calculation over all fields of a type makes one for each, and takes their place", () => {
    const binary = { left: { matcher: { id: "byType", options: "number" } }, operator: "*", right: { fixed: "2" } };
    expect(rows(run([two[0]!], "calculateField", { mode: "binary", binary, replaceFields: true }))[0]).toEqual([["Time", "a * 2"], [1, 20], [2, 40]]);
    expect(run([two[0]!], "calculateField", { mode: "binary", binary })[0]!.fields.map((f) => f.labels.n)).toEqual([undefined, "a", "a"]);
  });
  it("windows and sums without a field take the first that has numbers", () => {
    const frame = table({ Time: [1, 2, 3], v: [3, 5, 10] });
    expect(rows(run([frame], "calculateField", { mode: "windowFunctions", window: { reducer: "mean", windowSizeMode: "fixed", windowSize: 2 } }))[0]).toEqual([["Time", "v", "trailing moving mean"], [1, 3, 3], [2, 5, 4], [3, 10, 7.5]]);
    expect(rows(run([frame], "calculateField", { mode: "cumulativeFunctions", cumulative: { reducer: "sum", field: "v" }, replaceFields: true }))[0]).toEqual([["Time", "cumulative sum(v)"], [1, 3], [2, 8], [3, 18]]);
  });
  it("a step may be for the frames of some queries, and leaves the others where they were", () => {
    const step = { id: "calculateField", options: { mode: "reduceRow", alias: "s", replaceFields: true } };
    const names = (options: string) => transform(two, [{ ...step, filter: { id: "byRefId", options } } as never]).frames.map((frame) => displayNameOf(frame.fields[1]!, frame, []));
    expect([names("B"), names("A"), names("/^(?:A|B)$/").length]).toEqual([["a", "s"], ["s", "b"], 1]);
  });
  it("a filter by a column that is not there keeps no row", () => {
    const filters = [{ fieldName: "nobody", config: { id: "isNotNull", options: {} } }];
    expect([run([wide], "filterByValue", { filters, type: "include" })[0]!.length, run([wide], "filterByValue", { filters, type: "exclude" })[0]!.length]).toEqual([0, 3]);
  });
});
