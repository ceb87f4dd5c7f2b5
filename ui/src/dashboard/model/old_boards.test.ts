// @vitest-environment node
// What older Grafanas wrote, and what it becomes.
import { describe, expect, it } from "vitest";
import { exportBoard } from "./export_board";
import { fidelityOf } from "./fidelity";
import { importBoard } from "./import_board";
import type { Board } from "./board";
import { noteText } from "./note_messages";

function read(json: object): { board: Board; changes: string[] } {
  const out = importBoard({ title: "A", ...json });
  if ("error" in out) throw new Error(out.error);
  return { board: out.board, changes: out.changes.map(noteText) };
}
const panelOf = (json: object) => read({ panels: [json] }).board.panels[0]!;

describe("old panels", () => {
  it("a table's columns keep their styles and its order under the names that its step gives them", () => {
    const panel = panelOf({
      type: "table-old", title: "T", transform: "timeseries_aggregations", columns: [{ text: "Avg", value: "avg" }, { text: "Current", value: "current" }], sort: { col: 2, desc: true },
      styles: [{ pattern: "Current", type: "number", alias: "Now", unit: "percent" }, { pattern: "Avg", type: "number", unit: "s" }, { pattern: "Metric", type: "string", alias: "Series" }],
    });
    expect(panel.fieldConfig.overrides.map(({ matcher }) => matcher.options)).toEqual(["Last *", "Mean", "Field"]);
    expect(panel.options.sortBy).toEqual([{ displayName: "Now", desc: true }]);
  });
  it("a table's styles by a pattern reach what its step makes of the columns", () => {
    const panel = panelOf({
      type: "table-old", title: "T", transform: "timeseries_aggregations", columns: [{ text: "Avg", value: "avg" }, { text: "Current", value: "current" }, { text: "Max", value: "max" }],
      styles: [{ pattern: "/(Avg|Current|Max)/", type: "number", unit: "percent" }, { pattern: "/[/", type: "number", unit: "s" }],
    });
    expect(panel.fieldConfig.overrides.map(({ matcher }) => [matcher.id, matcher.options])).toEqual([["byRegexp", "/(Avg|Current|Max)/"], ["byName", "Mean"], ["byName", "Last *"], ["byRegexp", "/[/"]]);
  });
  it("of which something is lost are not counted as they were", () => {
    const out = importBoard({ title: "A", panels: [{ type: "singlestat", title: "Uptime", format: "s", postfix: " up", gridPos: { x: 0, y: 0, w: 4, h: 4 } }, { type: "singlestat", title: "Whole", format: "s", gridPos: { x: 4, y: 0, w: 4, h: 4 } }] });
    if ("error" in out) throw new Error(out.error);
    expect(fidelityOf(out.board, out.changes).panels.map(({ title, grade }) => [title, grade])).toEqual([["Uptime", "partial"], ["Whole", "full"]]);
  });
  it("a table's styles are overrides, its columns reducers, its links today's", () => {
    const panel = panelOf({
      type: "table-old", title: "T", transform: "timeseries_aggregations", columns: [{ text: "Avg", value: "avg" }, { text: "Current", value: "current" }], sort: { col: 0, desc: true },
      styles: [
        { pattern: "/.*/", type: "number", unit: "bytes", decimals: 1 },
        { pattern: "Time", type: "date", dateFormat: "YYYY", alias: "When" },
        { pattern: "node", type: "string", alias: "Node", link: true, linkUrl: "/d/x?var-n=$__cell&of=${__cell_2:raw}", linkTooltip: "Open $__cell", linkTargetBlank: true },
        { pattern: "/load.*/", type: "number", colorMode: "cell", thresholds: ["1", "5"], colors: ["green", "orange", "red"], valueMaps: [{ value: "0", text: "idle" }], mappingType: 1 },
        { pattern: "junk", type: "hidden" },
      ],
    });
    expect(panel.transformations).toEqual([{ id: "reduce", options: { mode: "seriesToRows", reducers: ["mean", "lastNotNull"], includeTimeField: false } }]);
    expect(panel.fieldConfig.defaults).toEqual({ unit: "bytes", decimals: 1 });
    expect(panel.fieldConfig.overrides).toEqual([
      { matcher: { id: "byName", options: "Time" }, properties: [{ id: "displayName", value: "When" }, { id: "unit", value: "time: YYYY" }] },
      { matcher: { id: "byName", options: "node" }, properties: [{ id: "displayName", value: "Node" }, { id: "links", value: [{ title: "Open ${__value.raw}", url: "/d/x?var-n=${__value.raw}&of=${__data.fields[2]}", targetBlank: true }] }] },
      { matcher: { id: "byRegexp", options: "/load.*/" }, properties: [
        { id: "custom.cellOptions", value: { type: "color-background" } }, { id: "thresholds", value: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "orange", value: 1 }, { color: "red", value: 5 }] } },
        { id: "mappings", value: [{ type: "value", options: { 0: { text: "idle" } } }] },
      ] },
      { matcher: { id: "byName", options: "junk" }, properties: [{ id: "custom.hidden", value: true }] },
    ]);
    expect(Object.keys(panel)).not.toContain("styles");
  });
  it("a singlestat's texts for values, its column and what stands beside the number", () => {
    const panel = panelOf({ type: "singlestat", valueMaps: [{ value: "1", op: "=", text: "UP" }, { value: "null", text: "N/A" }], rangeMaps: [{ from: "null", to: "null", text: "N/A" }], mappingType: 1, postfix: " rps", tableColumn: "a.b", format: "none", valueName: "name" });
    expect(panel.fieldConfig.defaults).toMatchObject({ unit: "suffix: rps", mappings: [{ type: "value", options: { 1: { text: "UP" } } }, { type: "special", options: { match: "null", result: { text: "N/A" } } }] });
    expect(panel.options).toMatchObject({ textMode: "name", reduceOptions: { fields: "/^a\\.b$/" } });
    expect(read({ panels: [{ type: "singlestat", title: "S", prefix: "~", format: "bytes" }] }).changes).toContain('panel "S": "~" beside the value is left out: it has the unit bytes');
  });
  it("a graph's dashes, gradients, decimals and series that are hidden for their zeros are carried over, what is not is said", () => {
    const { board, changes } = read({ panels: [{
      type: "graph", title: "G", dashes: true, dashLength: 4, spaceLength: 2, fill: 1, fillGradient: 3, decimals: 2, stack: true, tooltip: { shared: true, value_type: "cumulative" }, yaxis: { align: true }, legend: { show: true, hideZero: true, hideEmpty: true },
      seriesOverrides: [{ alias: "total", lines: false, stack: "B", zindex: -2 }, { alias: "/p9.*/", points: true, pointradius: 2, steppedLine: true, nullPointMode: "connected", fillGradient: 1, lines: true }],
    }] });
    const { fieldConfig } = board.panels[0]!;
    expect(fieldConfig.defaults).toMatchObject({ decimals: 2, custom: { gradientMode: "opacity", fillOpacity: 30, lineStyle: { fill: "dash", dash: [4, 2] } } });
    expect(fieldConfig.overrides.map(({ matcher, properties }) => [matcher.options, Object.fromEntries(properties.map(({ id, value }) => [id.replace("custom.", ""), value]))])).toEqual([
      [{ reducer: "allIsNull", op: "gte", value: 0 }, { hideFrom: { legend: true, tooltip: true, viz: false } }],
      [{ reducer: "allIsZero", op: "gte", value: 0 }, { hideFrom: { legend: true, tooltip: true, viz: false } }],
      ["total", { lineWidth: 0, stacking: { mode: "normal", group: "B" } }],
      ["/p9.*/", { showPoints: "always", pointSize: 5, lineInterpolation: "stepAfter", spanNulls: true, gradientMode: "opacity", drawStyle: "line" }],
    ]);
    expect(changes.filter((line) => line.startsWith('panel "G"'))).toEqual([
      'panel "G": its two axes are not aligned to one another', 'panel "G": its tooltip tells the value of each series, not the sum up to it',
      'panel "G": what it has for the series "total" is left out: zindex', 'panel "G": old graph became timeseries',
    ]);
  });
  it("a graph over series is a bar chart, one over values a histogram", () => {
    expect(panelOf({ type: "graph", xaxis: { mode: "series", values: ["current"] } })).toMatchObject({ type: "barchart", transformations: [{ id: "reduce", options: { reducers: ["lastNotNull"] } }] });
    expect(panelOf({ type: "graph", xaxis: { mode: "histogram", buckets: 7 } })).toMatchObject({ type: "histogram", options: { bucketCount: 7 } });
    expect(panelOf({ type: "graph", y_formats: ["bytes", "short"], grid: { leftMax: 9, threshold1: 5, thresholdLine: true } }).fieldConfig.defaults).toMatchObject({ unit: "bytes", max: 9, thresholds: { steps: [{ value: null }, { color: "orange", value: 5 }] } });
  });
  it("the options of Grafana 6 are field options", () => {
    expect(panelOf({ type: "gauge", options: { fieldOptions: { calcs: ["max"], defaults: { unit: "percent", title: "T", max: 100 }, thresholds: [{ value: 80, color: "red" }, { value: null, color: "green" }], mappings: [], values: false }, orientation: "auto" } })).toMatchObject({
      options: { orientation: "auto", reduceOptions: { calcs: ["max"], fields: "", values: false } }, fieldConfig: { defaults: { unit: "percent", displayName: "T", max: 100, thresholds: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 80 }] } } },
    });
    expect(panelOf({ type: "stat", options: { valueOptions: { unit: "s", stat: "avg", decimals: 2 }, valueMappings: [{ type: 1, value: "1", text: "one" }], thresholds: [], minValue: 1 } })).toMatchObject({ options: { reduceOptions: { calcs: ["mean"] } }, fieldConfig: { defaults: { unit: "s", decimals: 2, min: 1, mappings: [{ type: "value" }] } } });
  });
  it("an old heatmap keeps its buckets, colours and axis", () => {
    expect(panelOf({ type: "heatmap", dataFormat: "timeseries", yAxis: { format: "s", logBase: 10, max: "5" }, color: { mode: "opacity", cardColor: "#fff" }, hideZeroBuckets: true, xBucketSize: "1m", yBucketBound: "upper" }).options).toMatchObject({
      calculate: true, calculation: { xBuckets: { mode: "size", value: "1m" }, yBuckets: { scale: { type: "log", log: 10 } } }, yAxis: { unit: "s", max: "5" }, color: { mode: "opacity", fill: "#fff" }, filterValues: { le: 1e-9 }, rowsFrame: { layout: "le" },
    });
  });
});

describe("old boards", () => {
  it("copies of repeated panels are left out, as they are made anew", () => {
    const { board, changes } = read({ panels: [{ id: 1, type: "graph", repeat: "x" }, { id: 2, type: "graph", repeatPanelId: 1, repeatIteration: 5 }, { id: 3, type: "row", collapsed: true, panels: [{ id: 4, type: "graph", repeatPanelId: 1 }] }] });
    expect(board.panels.map(({ id, panels }) => [id, panels?.length])).toEqual([[1, undefined], [3, 0]]);
    expect(changes).toContain("2 saved copies of repeated panels are left out, as they are made anew");
  });
  it("what open rows hold stands below them, rows within rows are part of the outer one", () => {
    const inner = (id: number, y: number) => ({ id, type: "stat", gridPos: { x: 0, y, w: 12, h: 4 } });
    const { board, changes } = read({ panels: [{ id: 1, type: "row", title: "a", collapsed: false, gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [inner(2, 1)] }, { id: 3, type: "row", title: "b", collapsed: false, gridPos: { x: 0, y: 1, w: 24, h: 1 }, panels: [inner(4, 2), { id: 5, type: "row", title: "c", panels: [inner(6, 6)] }] }] });
    expect(board.panels.map(({ id, gridPos }) => [id, gridPos.y])).toEqual([[1, 0], [2, 1], [3, 5], [4, 6], [6, 10]]);
    expect(changes).toContain('row "c" stood inside row "b" and became part of it');
  });
  it("heads of rows show where Grafana showed them", () => {
    const row = (more: object) => ({ title: "R", panels: [{ type: "graph", span: 12 }], ...more });
    expect(read({ rows: [row({}), row({})] }).board.panels.map((p) => p.type)).toEqual(["timeseries", "timeseries"]);
    expect(read({ rows: [row({}), row({ showTitle: true })] }).board.panels.map((p) => p.type)).toEqual(["row", "timeseries", "row", "timeseries"]);
  });
  it("inputs are filled in, library panels that came along are panels", () => {
    const { board, changes } = read({
      __inputs: [{ name: "DS_P", label: "Prom", type: "datasource", pluginId: "prometheus" }, { name: "DS_L", type: "datasource", pluginId: "loki" }, { name: "VAR_JOB", type: "constant", value: "node" }],
      __requires: [{ type: "panel", id: "stat" }], __elements: { lib: { uid: "lib", name: "Shared", kind: 1, model: { type: "stat", title: "From the library", targets: [{ expr: "up", datasource: { type: "prometheus", uid: "${DS_P}" } }] } } },
      panels: [{ type: "stat", datasource: "${DS_P}", targets: [{ expr: 'up{job="${VAR_JOB}"}' }] }, { type: "logs", datasource: { type: "loki", uid: "${DS_L}" } }, { id: 9, libraryPanel: { uid: "lib", name: "Shared" }, gridPos: { x: 1, y: 2, w: 3, h: 4 } }],
    });
    expect(board.panels[0]).toMatchObject({ datasource: { type: "prometheus", uid: "pharos" }, targets: [{ expr: 'up{job="node"}' }] });
    expect(board.panels[1]).toMatchObject({ datasource: { type: "loki" } });
    expect(board.panels[2]).toMatchObject({ id: 9, type: "stat", title: "From the library", gridPos: { x: 1, y: 0 }, targets: [{ datasource: { uid: "pharos" } }] });
    expect(changes).toEqual(expect.arrayContaining(["Prom: this server's own metrics", "DS_L: asks loki, which is not here", 'library panel "Shared" became a panel of this board']));
    expect(Object.keys(exportBoard(board)).filter((key) => key.startsWith("__"))).toEqual([]);
  });
  it("an annotation's query moves into its target", () => {
    expect(read({ annotations: { list: [{ name: "a", datasource: "P", expr: "changes(x[1m])", step: "30s", titleFormat: "t" }, { name: "b", datasource: "-- Grafana --", type: "tags", tags: ["x"], limit: 5 }] } }).board.annotations.list).toEqual([
      { name: "a", datasource: { uid: "P" }, enable: true, iconColor: "blue", titleFormat: "t", target: { refId: "Anno", expr: "changes(x[1m])", interval: "30s" } },
      { name: "b", datasource: { type: "grafana", uid: "-- Grafana --" }, enable: true, iconColor: "blue", type: "tags", target: { refId: "Anno", type: "tags", tags: ["x"], limit: 5, matchAny: false } },
    ]);
  });
  it("says what was left out, and names queries of other sources that have no type", () => {
    const { board, changes } = read({ style: "dark", panels: [{ type: "stat", title: "S", editable: true, transparent: [], targets: [{ rawSql: "select 1" }, 7] }] });
    expect(changes).toEqual(['panel "S": queries: 1 entry that is none is left out', 'panel "S": "transparent" could not be read and is left out', "left out, as they mean nothing any more: editable, style"]);
    const [first] = fidelityOf(board).panels;
    expect([first!.grade, first!.notes.map(noteText)]).toEqual(["none", ["query A is of another data source, which is not here"]]);
  });
  it("a map of one file is that file", () => {
    expect(importBoard({ "etcd.json": { title: "E", rows: [] } })).toMatchObject({ board: { title: "E" } });
    expect(importBoard({ "a.json": { title: "E" }, "b.json": { title: "F" } })).toEqual({ error: expect.stringMatching(/^2 dashboards in one file/) });
  });
  it("what Grafana's types have no place for, and says nothing more, is not written again", () => {
    const list = [{ name: "a", type: "query", query: { query: "label_values(up, job)", refId: "A" }, definition: "label_values(up, job)" }, { name: "b", type: "query", query: "", definition: "label_values(job)" }, { name: "c", type: "query", query: "metrics(x)", definition: "metrics(old)" }, { name: "d", type: "query", query: "metrics(y)", definition: "" }];
    const { board, changes } = read({ templating: { list }, timepicker: { time_options: ["5m"], now: true, refresh_intervals: ["5s"] }, annotations: { list: [{ builtIn: 1, name: "Annotations & Alerts", type: "dashboard", target: { limit: 100, matchAny: false, tags: [], type: "dashboard" } }, { name: "Tagged", target: { limit: 5, matchAny: true, tags: ["x"], type: "tags" } }] } });
    expect(board.templating.list.map(({ query, definition }) => [query, definition])).toEqual([[{ query: "label_values(up, job)", refId: "A" }, undefined], ["label_values(job)", undefined], ["metrics(x)", undefined], ["metrics(y)", undefined]]);
    expect(board.templating.list.some((variable) => "definition" in variable)).toBe(false);
    expect(board.annotations.list.map(({ target }) => target)).toEqual([undefined, { limit: 5, matchAny: true, tags: ["x"], type: "tags", refId: "Anno" }]);
    expect(exportBoard(board).timepicker).toEqual({ refresh_intervals: ["5s"] });
    expect(changes).toEqual(["left out, as they mean nothing any more: definition, now, target (of the built-in annotations), time_options"]);
  });
});
