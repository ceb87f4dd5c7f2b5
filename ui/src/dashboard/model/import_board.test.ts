import { describe, expect, it } from "vitest";
import { importBoard, importBoardText } from "./import_board";
import { exportBoard, exportBoardText } from "./export_board";
import { fidelityOf } from "./fidelity";
import { withSharedTargets } from "./shared_targets";
import type { Board } from "./board";
import { noteText } from "./note_messages";

function read(json: unknown): Board {
  const out = importBoard(json);
  if ("error" in out) throw new Error(out.error);
  return out.board;
}

describe("importBoard", () => {
  it("refuses schema v2 by name", () => {
    expect(importBoard({ apiVersion: "dashboard.grafana.app/v2beta1", spec: {} })).toEqual({ error: expect.stringContaining("schema v2 (dashboard.grafana.app/v2beta1)") });
    expect(importBoard({ elements: {}, layout: {} })).toEqual({ error: expect.stringContaining("schema v2") });
  });
  it("reads a board inside the API's and Kubernetes' envelope", () => {
    expect(read({ dashboard: { title: "A", panels: [] }, meta: {} }).title).toBe("A");
    expect(read({ apiVersion: "dashboard.grafana.app/v1beta1", spec: { title: "B" } }).title).toBe("B");
  });
  it("says what is wrong with a text that is no board", () => {
    expect(importBoardText("{")).toEqual({ error: expect.stringMatching(/^not JSON: /) });
    expect(importBoardText("[]")).toEqual({ error: "not a dashboard: expected a JSON object" });
    expect(importBoard({ a: 1 })).toEqual({ error: expect.stringContaining("not a dashboard") });
  });
  it("keeps fields it does not know, at every level", () => {
    const out = exportBoard(read({ title: "A", "x-own": { a: [1] }, panels: [{ type: "stat", custom1: true, targets: [{ expr: "up", z: 1 }], fieldConfig: { defaults: { weird: 3 }, overrides: [] } }] }));
    expect(out).toMatchObject({ "x-own": { a: [1] }, panels: [{ custom1: true, targets: [{ z: 1 }], fieldConfig: { defaults: { weird: 3 } } }] });
  });
  it("makes references of datasource names", () => {
    const board = read({ title: "A", panels: [{ type: "stat", datasource: "Prometheus", targets: [{ expr: "up", datasource: null }] }] });
    expect(board.panels[0]).toMatchObject({ datasource: { uid: "Prometheus" } });
    expect(board.panels[0]!.targets[0]).not.toHaveProperty("datasource");
  });
  it("lays rows of spans out on the grid of 24", () => {
    const board = read({ title: "A", rows: [{ title: "R", height: "250px", panels: [{ type: "graph", span: 6 }, { type: "graph", span: 6 }, { type: "graph", span: 12 }] }, { title: "S", collapse: true, panels: [{ type: "graph", span: 4 }] }] });
    expect(board.panels.map((p) => [p.type, p.gridPos.x, p.gridPos.y, p.gridPos.w])).toEqual([
      ["row", 0, 0, 24], ["timeseries", 0, 1, 12], ["timeseries", 12, 1, 12], ["timeseries", 0, 8, 24], ["row", 0, 15, 24],
    ]);
    expect(board.panels[4]!.panels).toHaveLength(1);
  });
  it("gives every panel an id of its own and a place", () => {
    const board = read({ title: "A", panels: [{ id: 1, type: "stat" }, { id: 1, type: "stat" }, { type: "stat" }] });
    expect(new Set(board.panels.map((p) => p.id)).size).toBe(3);
    expect(board.panels.map((p) => [p.gridPos.x, p.gridPos.y])).toEqual([[0, 0], [12, 0], [0, 8]]);
  });
  it("turns an old graph into a timeseries with its styles", () => {
    const panel = read({
      title: "A",
      panels: [{
        type: "graph", fill: 3, linewidth: 2, stack: true, steppedLine: true, nullPointMode: "connected", yaxes: [{ format: "bytes", logBase: 10, min: "0" }, { format: "percent" }],
        legend: { show: true, values: true, current: true, avg: true, alignAsTable: true, rightSide: true }, thresholds: [{ value: 5, op: "gt", colorMode: "critical", line: true }],
        seriesOverrides: [{ alias: "/err/", yaxis: 2, bars: true }], aliasColors: { up: "#ff0000" },
      }],
    }).panels[0]!;
    expect(panel.type).toBe("timeseries");
    expect(panel.fieldConfig.defaults).toMatchObject({ unit: "bytes", min: 0, custom: { fillOpacity: 30, lineWidth: 2, spanNulls: true, lineInterpolation: "stepAfter", stacking: { mode: "normal" }, scaleDistribution: { type: "log", log: 10 }, thresholdsStyle: { mode: "line" } } });
    expect(panel.options.legend).toEqual({ displayMode: "table", placement: "right", showLegend: true, calcs: ["mean", "lastNotNull"] });
    expect(panel.fieldConfig.overrides).toEqual([
      { matcher: { id: "byRegexp", options: "/err/" }, properties: [{ id: "custom.axisPlacement", value: "right" }, { id: "unit", value: "percent" }, { id: "min", value: null }, { id: "custom.drawStyle", value: "bars" }] },
      { matcher: { id: "byName", options: "up" }, properties: [{ id: "color", value: { mode: "fixed", fixedColor: "#ff0000" } }] },
    ]);
  });
  it("turns a singlestat into a stat or a gauge", () => {
    const [stat, gauge] = read({ title: "A", panels: [{ type: "singlestat", format: "s", valueName: "current", thresholds: "1,2", colors: ["a", "b", "c"], colorBackground: true, sparkline: { show: true } }, { type: "singlestat", gauge: { show: true, maxValue: 10 } }] }).panels;
    expect(stat).toMatchObject({ type: "stat", options: { colorMode: "background", graphMode: "area", reduceOptions: { calcs: ["lastNotNull"] } }, fieldConfig: { defaults: { unit: "s", thresholds: { steps: [{ value: null, color: "a" }, { value: 1 }, { value: 2 }] } } } });
    expect(gauge).toMatchObject({ type: "gauge", fieldConfig: { defaults: { max: 10 } } });
  });
  it("brings old value mappings to today's shape", () => {
    const board = read({ title: "A", panels: [{ type: "stat", fieldConfig: { defaults: { mappings: [{ type: 1, value: "1", text: "UP" }, { type: 2, from: "0", to: "5", text: "low" }, { type: 1, value: "null", text: "?" }] } } }] });
    expect(board.panels[0]!.fieldConfig.defaults.mappings).toEqual([
      { type: "value", options: { 1: { text: "UP" } } }, { type: "range", options: { from: 0, to: 5, result: { text: "low" } } }, { type: "special", options: { match: "null", result: { text: "?" } } },
    ]);
  });
  it("writes the same bytes after export and import again", () => {
    const once = exportBoardText(read({ title: "A", rows: [{ title: "R", panels: [{ type: "graph", span: 6, yaxes: [{ format: "s" }] }, { type: "singlestat" }] }], templating: { list: [{ name: "a", query: "label_values(a)", refresh: true }] }, annotations: { list: [{ expr: "x" }] } }));
    const twice = exportBoardText(read(JSON.parse(once)));
    expect(twice).toBe(once);
    expect(exportBoardText(read(JSON.parse(twice)))).toBe(once);
  });
  it("does not let a file reach object prototypes", () => {
    read(JSON.parse('{"title":"A","panels":[{"type":"stat","fieldConfig":{"defaults":{},"overrides":[{"matcher":{"id":"byName","options":"a"},"properties":[{"id":"__proto__.polluted","value":1}]}]}}]}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("fidelityOf", () => {
  it("names what fields say that is not shown, and keeps quiet about what is off", () => {
    const of = (custom: object, type = "timeseries", options: object = {}) => {
      const out = importBoard({ title: "t", panels: [{ id: 1, type, title: "p", options, fieldConfig: { defaults: { custom, fieldMinMax: true }, overrides: [] } }] });
      if ("error" in out) throw new Error(out.error);
      return fidelityOf(out.board).panels[0]!.notes.map(noteText);
    };
    expect(of({ axisBorderShow: false, lineWidth: 2, axisPlacement: "auto", footer: { reducers: [] }, hideFrom: { viz: false } })).toEqual([]);
    expect(of({ axisBorderShow: true, footer: { reducers: ["mean"] } })).toEqual(['"axisBorderShow" of its fields is kept but not shown', '"footer" of its fields is kept but not shown']);
    expect(of({}, "heatmap", { calculate: true, calculation: { xBuckets: { mode: "size", value: "5m" }, yBuckets: { scale: { type: "log", log: 2 } } } })).toEqual([]);
  });
  it("looks into overrides and into what steps are for", () => {
    const out = importBoard({ title: "t", panels: [{ id: 1, type: "table", title: "p", transformations: [{ id: "limit", options: {}, filter: { id: "byRefId", options: "A" } }, { id: "limit", options: {}, filter: { id: "byMoon", options: "A" } }], fieldConfig: { defaults: { unit: "radsvh" }, overrides: [{ matcher: { id: "byName", options: "a" }, properties: [{ id: "unit", value: "furlongs" }, { id: "unit", value: "areaM2" }] }] } }] });
    if ("error" in out) throw new Error(out.error);
    expect(fidelityOf(out.board).panels.map(({ grade, notes }) => [grade, notes.map(noteText)])).toEqual([["partial", ['transformation "limit" is for frames by "byMoon", which chooses none here', 'unit "furlongs" is shown as a suffix']]]);
  });
  it("grades each panel and names what differs", () => {
    const board = read({
      title: "A",
      templating: { list: [{ name: "a", type: "query", query: "label_values(x{b=\"$b\"}, c)" }, { name: "b", type: "query", query: "label_values(x{a=\"$a\"}, c)" }] },
      panels: [
        { id: 1, title: "fine", type: "stat", targets: [{ expr: "up" }] },
        { id: 2, title: "html", type: "text", options: { mode: "html", content: "<b>" } },
        { id: 3, title: "odd", type: "acme-panel" },
        { id: 4, title: "logs", type: "table", datasource: { type: "loki", uid: "l" }, targets: [{ expr: "{}" }] },
        { id: 6, title: "trend", type: "trend", targets: [{ expr: "up" }], options: { xField: "a" } },
        { id: 7, title: "candles", type: "candlestick", targets: [{ expr: "up" }], options: { mode: "candles" } },
        { id: 5, title: "tr", type: "table", transformations: [{ id: "spatial", options: {} }] },
      ],
    });
    const found = fidelityOf(board);
    expect(found.panels.map((p) => [p.id, p.grade])).toEqual([[1, "full"], [2, "partial"], [3, "none"], [4, "none"], [6, "full"], [7, "full"], [5, "partial"]]);
    expect(found.panels[6]!.notes.map(noteText)).toEqual(['transformation "spatial" is skipped']);
    expect(found.board.map(noteText)).toContainEqual(expect.stringMatching(/^variable [ab]: depends on itself$/));
  });
  it("knows expressions, panels of other panels and what needs an outside host", () => {
    const expr = (type: string, more: object = {}) => ({ refId: "B", datasource: { type: "__expr__", uid: "__expr__" }, type, ...more });
    const board = read({
      title: "A",
      panels: [
        { id: 1, title: "math", type: "timeseries", targets: [{ refId: "A", expr: "up" }, expr("math", { expression: "$A" })] },
        { id: 2, title: "sql", type: "table", targets: [expr("sql", { expression: "SELECT 1" })] },
        { id: 3, title: "news", type: "news" },
        { id: 4, title: "shared", type: "stat", datasource: { type: "datasource", uid: "-- Dashboard --" }, targets: [{ refId: "A", panelId: 1 }] },
        { id: 5, title: "lost", type: "stat", datasource: { type: "datasource", uid: "-- Dashboard --" }, targets: [{ refId: "A", panelId: 77 }] },
      ],
    });
    expect(fidelityOf(board).panels.map((p) => [p.id, p.grade, ...p.notes.map(noteText)])).toEqual([
      [1, "full"],
      [2, "partial", 'query B: expressions of the kind "sql" are not evaluated'],
      [3, "none", "news come from an outside host, and none is asked"],
      [4, "full"],
      [5, "none", "shows the data of another panel, which is not on this board"],
    ]);
    const [first, , , shared, lost] = board.panels;
    expect(withSharedTargets(shared!, board.panels).targets).toBe(first!.targets);
    expect(withSharedTargets(lost!, board.panels).targets).toEqual([]);
    expect(withSharedTargets(first!, board.panels)).toBe(first);
  });
});

it("panels have ids that differ, whatever numbers they bring", () => {
  const out = importBoard({ title: "t", panels: [1e300, 1e300, 2, 2, -1, 1.5, null, "7"].map((id) => ({ id, type: "stat" })) });
  if ("error" in out) throw new Error(out.error);
  expect(out.board.panels.map(({ id }) => id)).toEqual([8, 9, 2, 10, 11, 12, 13, 7]);
});

it("what moves into an annotation's query is not said to be left out", () => {
  const out = importBoard({ title: "t", panels: [], annotations: { list: [{ name: "a", tags: ["x"], limit: 5, matchAny: true, type: "tags" }, { name: "b", expr: "up", step: "30s", showLine: true }] } });
  if ("error" in out) throw new Error(out.error);
  expect(out.board.annotations.list.map(({ target }) => target)).toEqual([{ refId: "Anno", type: "tags", tags: ["x"], limit: 5, matchAny: true }, { refId: "Anno", expr: "up", interval: "30s" }]);
  expect(out.changes.map(noteText)).toEqual(["left out, as they mean nothing any more: showLine"]);
});

describe("panels that lie on each other", () => {
  const at = (id: number, x: number, y: number, w = 12, more: object = {}) => ({ id, type: "stat", title: `p${id}`, gridPos: { x, y, w, h: 4 }, ...more });
  const read = (panels: object[]) => {
    const out = importBoard({ title: "t", schemaVersion: 39, panels });
    if ("error" in out) throw new Error(out.error);
    return { places: out.board.panels.map(({ id, gridPos }) => [id, gridPos.x, gridPos.y]), changes: out.changes.map(noteText) };
  };
  it("go below, and those of a row stay under it", () => {
    const row = { id: 4, type: "row", title: "r", gridPos: { x: 0, y: 5, w: 24, h: 1 }, panels: [] };
    const { places, changes } = read([at(1, 0, 0), at(2, 0, 0), at(3, 12, 0), row, at(5, 0, 6)]);
    expect(places).toEqual([[1, 0, 0], [2, 0, 4], [3, 12, 0], [4, 0, 8], [5, 0, 9]]);
    expect(changes).toContain("3 panels that would lie on others or below a gap are moved");
  });
  it("and everything rises into gaps, as on Grafana's grid", () => {
    expect(read([at(1, 0, 0), at(2, 12, 2), at(3, 0, 30), at(4, 12, 30)]).places).toEqual([[1, 0, 0], [2, 12, 0], [3, 0, 4], [4, 12, 4]]);
    const row = { id: 4, type: "row", title: "r", gridPos: { x: 0, y: 40, w: 24, h: 1 }, collapsed: true, panels: [at(5, 0, 41), at(6, 0, 60)] };
    const out = importBoard({ title: "t", schemaVersion: 39, panels: [at(1, 0, 0), row] });
    if ("error" in out) throw new Error(out.error);
    expect([out.board.panels[1]!.gridPos.y, out.board.panels[1]!.panels!.map(({ gridPos }) => gridPos.y)]).toEqual([4, [41, 45]]);
  });
  it("and nothing moves on a tidy board", () => expect(read([at(1, 0, 0), at(2, 12, 0), at(3, 0, 4, 24)])).toEqual({ places: [[1, 0, 0], [2, 12, 0], [3, 0, 4]], changes: [] }));
});
