import { describe, expect, it } from "vitest";
import type { BoardHit } from "../api/dashboards";
import { makeField, makeFrame, type DataFrame } from "../dashboard/data/frame";
import { countIntoBuckets } from "../dashboard/data/value_buckets";
import { shownValues } from "../dashboard/data/panel_frames";
import { dataText } from "../dashboard/field/row_texts";
import type { JsonObject } from "../dashboard/model/json";
import { makeScope, withBuiltins } from "../dashboard/model/scope";
import { displayerOf } from "../dashboard/field/display";
import { applyConfig } from "../dashboard/field/overrides";
import { legendSort, sortedItems } from "./timeseries/legend";
import { annotationPlace, annotationQuery } from "./annolist/annotation_query";
import { barsOf } from "./barchart/bars_model";
import { dataLinks, linkBuiltins } from "./data_links";
import { extentOf, stackBars } from "./cartesian/bars";
import { niceTicks } from "./cartesian/places";
import { scaleBetween } from "./cartesian/scale";
import { boardSearch, groupsOf } from "./dashlist/board_groups";
import { isShown, rowOfValue, valueFilterOf } from "./heatmap/buckets";
import { histogramOf } from "./histogram/histogram_model";
import { graphOf } from "./node_graph/graph_model";
import { stateRows } from "./state_timeline/states";
import { tableOf } from "./table/table_model";
import { bucketsPanel } from "./test_panels";
import { xyOf } from "./xychart/xy_model";

const f64 = (...values: number[]) => Float64Array.from(values);
const { panelOf, dataOf } = bucketsPanel;
const table = (columns: Record<string, unknown[]>): DataFrame => makeFrame("A", Object.entries(columns).map(([name, values]) => makeField(name, name === "Time" ? "time" : typeof values[0] === "number" ? "number" : "string", values)));

describe("scales", () => {
  it("have round marks within their ends", () => {
    expect(niceTicks(0, 97, 5)).toEqual([0, 20, 40, 60, 80]);
    expect(niceTicks(-0.3, 0.3, 4)).toEqual([-0.2, 0, 0.2]);
    expect(niceTicks(5, 5, 4)).toEqual([5]);
  });
  it("may be logarithms", () => {
    const scale = scaleBetween(1, 1000, 5, 10);
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
    expect(scale.share(10)).toBeCloseTo(1 / 3);
    expect(scale.share(0)).toBe(0);
  });
});

describe("stacked bars", () => {
  const rows = [[1, -2, NaN], [3, 4, 5]];
  it("pile up on either side of zero", () => {
    expect(stackBars(rows, 3, "normal")).toEqual([[{ from: 0, to: 1 }, { from: 0, to: -2 }, undefined], [{ from: 1, to: 4 }, { from: 0, to: 4 }, { from: 0, to: 5 }]]);
    expect(extentOf(stackBars(rows, 3, "normal"))).toEqual([-2, 5]);
  });
  it("are shares of their group", () => expect(stackBars(rows, 1, "percent")).toEqual([[{ from: 0, to: 0.25 }], [{ from: 0.25, to: 1 }]]));
  it("of nothing are nothing", () => expect(stackBars([[0], [0]], 1, "percent")).toEqual([[{ from: 0, to: 0 }], [{ from: 0, to: 0 }]]));
});

describe("bar chart", () => {
  const frame = table({ Time: [0, 0], region: ["us", "eu"], errors: [1, 2], requests: [30, 40] });
  const model = (options: object, defaults: object = {}, frames = [frame], overrides: object[] = []) => {
    const panel = panelOf({ type: "barchart", options, fieldConfig: { defaults, overrides } });
    const found = barsOf(panel, applyConfig(panel.fieldConfig, frames), "UTC");
    if (found === undefined || "problem" in found) return found;
    return { groups: found.groups, series: found.series.map((s) => [s.name, ...s.values]), found };
  };
  it("takes its names from the column that is asked for, else from the first text", () => {
    expect(model({})).toMatchObject({ groups: ["us", "eu"], series: [["errors", 1, 2], ["requests", 30, 40]] });
    expect(model({ xField: "errors" })).toMatchObject({ groups: ["1", "2"], series: [["requests", 30, 40]] });
  });
  it("leaves out what is hidden, and colours by another column", () => {
    const hidden = { matcher: { id: "byName", options: "errors" }, properties: [{ id: "custom.hideFrom", value: { viz: true } }, { id: "thresholds", value: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 2 }] } }, { id: "color", value: { mode: "thresholds" } }] };
    const found = model({ colorByField: "errors", stacking: "percent" }, {}, [frame], [hidden]);
    expect(found).toMatchObject({ series: [["requests", 30, 40]] });
    expect(found !== undefined && "found" in found && [found.found.series[0]!.colors, found.found.axis.unit, found.found.stacking]).toEqual([["#2fb574", "#ee5561"], "percentunit", "percent"]);
  });
  it("joins series on their time", () => {
    const one = (name: string, values: number[]) => makeFrame("A", [makeField("Time", "time", [0, 60_000]), { ...makeField("Value", "number", f64(...values)), config: { displayNameFromDS: name } }], name);
    expect(model({}, {}, [one("a", [1, 2]), one("b", [3, 4])])).toMatchObject({ groups: ["00:00:00", "00:01:00"], series: [["a", 1, 2], ["b", 3, 4]] });
  });
  it("says what it lacks", () => {
    expect(model({}, {}, [table({ a: [1] })])).toEqual({ problem: "noLabels" });
    expect(model({}, {}, [table({ a: ["x"] })])).toEqual({ problem: "noNumbers" });
    expect(model({}, {}, [])).toBeUndefined();
  });
});

describe("histogram", () => {
  it("counts values into round buckets, each value once", () => {
    const made = countIntoBuckets([[0, 1, 2, 3, 10], [4, NaN, Infinity]], { count: 5 })!;
    expect([[...made.bounds], made.counts.map((row) => [...row])]).toEqual([[0, 2, 4, 6, 8, 10, 12], [[2, 2, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0]]]);
    expect([...countIntoBuckets([[0.1, 0.3]], { size: 0.1 })!.bounds]).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect([...countIntoBuckets([[5, 14]], { size: 10, offset: 4 })!.bounds]).toEqual([4, 14, 24]);
    expect(countIntoBuckets([[NaN]], {})).toBeUndefined();
    expect(countIntoBuckets([[7, 7]], {})!.counts.map((row) => [...row])).toEqual([[2]]);
  });
  it("is of each series, or of all together", () => {
    const data = dataOf([{ metric: { n: "a" }, values: [1, 2] }, { metric: { n: "b" }, values: [2, 3] }]);
    const of = (options: object) => histogramOf(panelOf({ type: "histogram", options: { bucketSize: 1, ...options }, fieldConfig: { defaults: { unit: "s", custom: { stacking: { mode: "normal" } } }, overrides: [] } }), data)!;
    expect(of({}).series.map((s) => [s.name, ...s.values])).toEqual([["a", 1, 1, 0], ["b", 0, 1, 1]]);
    expect([of({}).stacking, of({}).unit]).toEqual(["normal", "s"]);
    expect(of({ combine: true }).series.map((s) => [s.name, ...s.values])).toEqual([["Count", 1, 2, 1]]);
  });
  it("shows the newest of buckets that the server has counted", () => {
    const buckets = dataOf([{ metric: { le: "1" }, values: [0, 1] }, { metric: { le: "2" }, values: [0, 4] }, { metric: { le: "+Inf" }, values: [0, 4] }]);
    const model = histogramOf(panelOf({ type: "histogram" }), buckets)!;
    expect([[...model.bounds], [...model.series[0]!.values]]).toEqual([[0, 1, 2], [1, 3]]);
  });
  it("takes the buckets of a transformation as they are", () => {
    const model = histogramOf(panelOf({ type: "histogram", transformations: [{ id: "histogram", options: { bucketSize: 2 } }] }), dataOf([{ metric: { n: "a" }, values: [1, 2, 3] }]))!;
    expect([[...model.bounds], [...model.series[0]!.values]]).toEqual([[0, 2, 4], [1, 2]]);
  });
});

describe("XY chart", () => {
  const frame = table({ cpu: [1, 2, 3], load: [10, 20, 30], disk: [5, 50, 500], node: ["a", "b", "c"] });
  const model = (options: object, defaults: object = {}, frames = [frame]) => {
    const panel = panelOf({ type: "xychart", options, fieldConfig: { defaults, overrides: [] } });
    return xyOf(panel, applyConfig(panel.fieldConfig, frames));
  };
  const rows = (found: ReturnType<typeof xyOf>) => (typeof found === "object" ? found.series.map((s) => [s.name, [...s.x], [...s.values]]) : found);
  it("draws each further column against the first, unless it is told how", () => {
    expect(rows(model({ mapping: "auto", series: [] }))).toEqual([["load", [1, 2, 3], [10, 20, 30]], ["disk", [1, 2, 3], [5, 50, 500]]]);
    const by = (name: string) => ({ matcher: { id: "byName", options: name } });
    const manual = model({ mapping: "manual", series: [{ frame: { matcher: { id: "byIndex", options: 0 } }, x: by("disk"), y: by("cpu"), size: by("load"), name: { fixed: "mine" } }] }, { custom: { pointSize: { min: 10, max: 30 } } });
    expect(rows(manual)).toEqual([["mine", [5, 50, 500], [1, 2, 3]]]);
    const sizes = typeof manual === "object" ? [...manual.series[0]!.sizes!] : [];
    expect([sizes[0], sizes[2]]).toEqual([10, 30]);
    expect(sizes[1]).toBeCloseTo(Math.sqrt(500)); // half way in area
  });
  it("reads the options of boards before version 11", () => {
    expect(rows(model({ seriesMapping: "manual", series: [{ x: "load", y: "cpu", name: "old", pointSize: { fixed: 4 } }] }))).toEqual([["old", [10, 20, 30], [1, 2, 3]]]);
    expect(rows(model({ seriesMapping: "auto", dims: { x: "load" } }))).toEqual([["cpu", [10, 20, 30], [1, 2, 3]], ["disk", [10, 20, 30], [5, 50, 500]]]);
  });
  it("falls back to time, and says when there is nothing to draw against", () => {
    const timed = model({}, {}, [table({ Time: [1000, 2000], v: [5, 6] })]);
    expect([rows(timed), typeof timed === "object" && timed.timeX]).toEqual([[["v", [1, 2], [5, 6]]], true]);
    expect(rows(model({}, {}, [table({ node: ["a"], v: [1] })]))).toBe("noNumbers");
  });
});

describe("node graph", () => {
  it("has the units of the panel's options", () => {
    const frames = [table({ id: ["a"], mainstat: [0.5], secondarystat: [2048], arc__ok: [0.75] }), table({ source: ["a"], target: ["b"], mainstat: [0.25], secondarystat: [1] })];
    const graph = graphOf(frames, { nodes: { mainStatUnit: "percentunit", secondaryStatUnit: "bytes", arcs: [{ field: "arc__ok", color: "green" }] }, edges: { mainStatUnit: "s", secondaryStatUnit: "percentunit" } });
    expect(graph.edges.map((e) => [e.main, e.secondary])).toEqual([["250 ms", "100%"]]);
    expect(graph.nodes[0]).toMatchObject({ main: "50%", secondary: "2 KiB", arcs: [{ share: 0.75, color: "#2fb574" }] });
  });
});

describe("heatmap", () => {
  it("hides counts that its filter names", () => {
    const shown = (options: object) => [-1, 0, 1, 50].filter((value) => isShown(value, valueFilterOf(options as never)));
    expect(shown({})).toEqual([1, 50]);
    expect(shown({ filterValues: { le: -2 } })).toEqual([-1, 0, 1, 50]);
    expect(shown({ filterValues: { le: 0, ge: 50 } })).toEqual([1]);
    expect(shown({ filterValues: { ge: 1 } })).toEqual([-1, 0]);
  });
  it("finds the row of an exemplar", () => {
    const heat = { times: f64(1), quantity: true, rows: [{ label: "", lower: 0, upper: 2, values: f64(1) }, { label: "", lower: 2, upper: Infinity, values: f64(1) }] };
    expect([rowOfValue(heat, 1), rowOfValue(heat, 9), rowOfValue(heat, -1)]).toEqual([{ row: 0, share: 0.5 }, { row: 1, share: 0.5 }, undefined]);
  });
});

describe("dashboard list", () => {
  const hit = (uid: string, more: Partial<BoardHit> = {}): BoardHit => ({ uid, title: `Page ${uid}`, tags: [], isStarred: false, type: "dash-db", ...more });
  const boards = [hit("b", { tags: ["dwcp", "net"], folderUid: "f" }), hit("a", { isStarred: true, tags: ["dwcp"] }), hit("c"), hit("f", { type: "dash-folder" })];
  const groups = (options: object, recent: string[] = []) => groupsOf(options as never, boards, recent, (text) => text).map((g) => [g.heading, ...g.hits.map((h) => h.uid)]);
  it("has the groups that are switched on", () => {
    expect(groups({ showStarred: true, showRecentlyViewed: true, showSearch: true }, ["c", "gone", "a"])).toEqual([["starred", "a"], ["recent", "c", "a"], ["search", "a", "b", "c"]]);
    expect(groups({ showStarred: false })).toEqual([]);
  });
  it("searches by words, tags and folder, up to so many", () => {
    const search = (options: object) => groups({ showStarred: false, showSearch: true, ...options })[0]!.slice(1);
    expect(search({ query: "page B" })).toEqual(["b"]);
    expect(search({ tags: ["dwcp", "net"] })).toEqual(["b"]);
    expect(search({ folderUID: "f" })).toEqual(["b"]);
    expect(search({ folderUID: "general" })).toEqual(["a", "c"]);
    expect(search({ maxItems: 2 })).toEqual(["a", "b"]);
  });
  it("takes time and variables along when asked to", () => {
    expect(boardSearch({ keepTime: true }, "from=1&to=2&var-a=x")).toBe("?from=1&to=2");
    expect(boardSearch({ includeVars: true }, "from=1&var-a=x&var-a=y")).toBe("?var-a=x&var-a=y");
    expect(boardSearch({}, "from=1")).toBe("");
  });
});

describe("annotation list", () => {
  const context = { uid: "b", from: 100, to: 200, tags: ["clicked"], interpolated: (text: string) => text.replace("$x", "deploy") };
  it("asks for what its options name", () => {
    expect(annotationQuery({ limit: 5, tags: ["$x"], onlyFromThisDashboard: true, onlyInTimeRange: true }, context)).toEqual({ type: "annotation", limit: 5, tags: ["deploy", "clicked"], dashboardUID: "b", from: 100_000, to: 200_000 });
    expect(annotationQuery({}, { ...context, tags: [] })).toEqual({ type: "annotation", limit: 10 });
  });
  it("leads to the board and panel, with the range around it", () => {
    const found = { id: 1, time: 1_000_000, timeEnd: 1_060_000, text: "t", tags: [], dashboardUID: "other", panelId: 4 };
    expect(annotationPlace({ navigateBefore: "1m", navigateAfter: "2m" }, found, "b")).toBe("/dashboards/other?from=940000&to=1180000&viewPanel=4");
    expect(annotationPlace({ navigateToPanel: false }, { ...found, dashboardUID: "", timeEnd: 0 }, "b")).toBe("/dashboards/b?from=400000&to=1600000");
  });
});

describe("legends", () => {
  const item = (name: string, ...values: number[]) => ({ name, values, color: "", display: displayerOf({}), hidden: { legend: false, tooltip: false, viz: false }, ghost: false });
  const names = (legend: object) => sortedItems([item("b", 1, 2), item("a", 9, 1), item("c", NaN)], legendSort(legend as never, ["max", "lastNotNull"])).map(({ name }) => name);
  it("are sorted as the board says, by the names that Grafana has for columns", () => {
    expect([names({ sortBy: "Max", sortDesc: true }), names({ sortBy: "Last *", sortDesc: false }), names({ sortBy: "Name" }), names({ sortBy: "Mean" }), names({})]).toEqual([["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], ["b", "a", "c"], ["b", "a", "c"]]);
    expect(names({ sortBy: "Last *", sortDesc: true })).toEqual(["b", "a", "c"]);
  });
});

describe("links of values", () => {
  const scope = withBuiltins(makeScope([{ name: "env", kind: "custom", values: ["a b"], texts: ["a b"], multi: false }]), linkBuiltins("from=now-1h&to=now&var-env=a%20b", makeScope([]), { from: 1, to: 2 }));
  const cells = makeFrame("F", [makeField("node", "string", ["n 1"]), makeField("cpu", "number", [0.1])], "of nodes");
  const of = { name: "cpu", labels: { region: "eu&west" }, value: 0.123456, text: "12%", bare: "12", timeMs: 5000, row: { frame: cells, frames: [cells], row: 0 } };
  const link = (url: string, title = "t") => dataLinks({ links: [{ title, url }] }, scope, of)[0];
  it("are filled in, and encoded where they come from labels", () => {
    expect(link("/d/x?var-region=${__field.labels.region}&e=$env&${__url_time_range}", "Region ${__field.labels.region}: ${__value}")).toEqual({ title: "Region eu&west: 12%", url: "/dashboards/x?var-region=eu%26west&e=a%20b&from=now-1h&to=now", blank: false });
    expect(link("https://h/?v=${__value.raw}&t=${__value.time}&s=${__series.name}&n=${__data.fields.node}&m=${__data.fields[1]}&q=${__data.fields[\"node\"]}")!.url).toBe("https://h/?v=0.123456&t=5000&s=cpu&n=n%201&m=0.1&q=n%201");
    expect(link("/d/x?${__all_variables}")!.url).toBe("/dashboards/x?var-env=a+b");
  });
  it("name cells of the row as they are shown, without their unit, or as numbers", () => {
    const field = (name: string, type: "number" | "string" | "time", value: unknown, config: object = {}, labels: Record<string, string> = {}) => ({ ...makeField(name, type, [value], labels), config: config as JsonObject });
    const frame = makeFrame("B", [
      field("Time", "time", 1_700_000_000_000), field("load", "number", 0.5, { unit: "percentunit", decimals: 0 }), field("state", "string", "up", { mappings: [{ type: "value", options: { up: { text: "Runs" } } }] }),
      field("id", "string", "a/b", { custom: { hidden: true }, displayName: "The id" }), field("k8s.pod", "string", "p"), field("none", "number", NaN), field("2", "string", "two"), field("Value", "number", 7, {}, { name: "eth0" }),
    ], "frame");
    const text = (title: string) => dataLinks({ links: [{ title, url: "/x" }] }, scope, { ...of, row: { frame, frames: [frame], row: 0 } })[0]!.title;
    expect(text("${__data.fields.load} ${__data.fields.load.text} ${__data.fields.load.numeric} ${__data.fields[1].suffix}")).toBe("50% 50 0.5 %");
    expect(text("${__data.fields.state} ${__data.fields[\"state\"].text} ${__data.fields.state.numeric}")).toBe("Runs Runs NaN");
    expect(text("${__data.fields.Time.numeric}|${__data.fields[0].numeric:date:seconds}")).toBe("1700000000000|1700000000");
    expect(text("${__data.fields[\"The id\"]} ${__data.fields.id} ${__data.fields.k8s.pod} ${__data.fields.k8s.pod.text}")).toBe("a/b a/b p p");
    expect(text("${__data.fields.2} ${__data.fields[4]} ${__data.fields.eth0} ${__data.name} ${__data.refId}")).toBe("two p 7 frame B");
    expect(text("<${__data.fields.none}${__data.fields.nobody}${__data.fields[99]}${__data.fields.load.nothing}>")).toBe("<>");
    expect(text("${__value.text} ${__value} ${__value.numeric}")).toBe("12 12% 0.123456");
    const whole = dataLinks({ links: [{ title: "${__value.text} ${__data.fields.load}", url: "/x" }] }, scope, { name: "cpu", labels: {}, value: NaN, text: "12%" })[0]!;
    expect(whole.title).toBe("12% ${__data.fields.load}"); // of a whole series there is no row
    expect(link("/x?n=${__value.numeric}")!.url).toBe("/x?n=0.123456");
  });
  it("of a table's cell reach columns that are hidden, by name and by place", () => {
    const links = [{ title: "t", url: "/x?id=${__data.fields.id}&first=${__data.fields[0]}" }];
    const frame = makeFrame("A", [{ ...makeField("id", "string", ["1&2"]), config: { custom: { hidden: true } } }, { ...makeField("v", "number", [3]), config: { links } }]);
    const { columns, source } = tableOf(bucketsPanel.panelOf({ type: "table" }), [frame]);
    expect(columns.map(({ name }) => name)).toEqual(["v"]);
    expect(dataLinks(columns[0]!.field.config, scope, { name: "v", labels: {}, value: 3, text: "3", row: { ...source!, row: 0 } })[0]!.url).toBe("/x?id=1%262&first=1%262");
  });
  it("of values that are rows name cells of the row", () => {
    const panel = bucketsPanel.panelOf({ type: "stat", options: { reduceOptions: { values: true } } });
    const frame = makeFrame("A", [makeField("node", "string", ["a", "b"]), makeField("load", "number", [1, 2])]);
    expect(shownValues(panel, [frame]).map(({ row }) => dataText("fields.node", row!))).toEqual(["a", "b"]);
  });
  it("that could run something are left out", () => {
    expect(link("javascript:alert(1)")).toBeUndefined();
    expect(dataLinks({ links: [{ title: "t", url: "${__field.labels.x}" }] }, scope, { ...of, labels: { x: "javascript:alert(1)" } })).toEqual([{ title: "t", url: "javascript%3Aalert(1)", blank: false }]);
  });
  it("lead from bars, points and states, with the row they stand in", () => {
    const links = [{ title: "to ${__field.name}", url: "/d/x?n=${__data.fields.node}&v=${__value.raw}&t=${__value.time}&l=${__field.labels.zone}" }];
    const time = makeField("Time", "time", [1000, 2000]);
    const value = { ...makeField("load", "number", Float64Array.of(5, 6), { zone: "z&1" }), config: { links } };
    const frame = makeFrame("A", [time, makeField("node", "string", ["a b", "c"]), value]);
    const panel = bucketsPanel.panelOf({ type: "barchart" });
    const shownAs = (text: string) => ({ text, number: text });
    const expected = (row: number) => [{ title: "to load z&1", url: `/dashboards/x?n=${["a%20b", "c"][row]!}&v=${[5, 6][row]!}&t=${[1000, 2000][row]!}&l=z%261`, blank: false }];
    const bars = barsOf(panel, [frame], "utc");
    expect("problem" in bars! ? [] : bars!.series[0]!.links!(0, shownAs("5"), scope).map((link) => link.url)).toEqual(expected(0).map((link) => link.url));
    const points = xyOf(bucketsPanel.panelOf({ type: "xychart" }), [frame]);
    expect(typeof points === "object" ? points.series[0]!.links!(1, shownAs("6"), scope).map((link) => link.url) : []).toEqual(expected(1).map((link) => link.url));
    const states = stateRows([frame], 1, true).find((row) => row.links !== undefined)!;
    expect(states.pieces.map((piece) => states.links!(piece.row, piece.display, scope)[0]!.url)).toEqual([0, 1].map((row) => expected(row)[0]!.url));
    expect(stateRows([frame], 1, true)[0]!.links).toBeUndefined();
  });
});
