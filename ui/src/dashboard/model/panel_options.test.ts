// @vitest-environment node
// What the report of an import says of options, queries, cells and colours that a panel here does not follow.
import { describe, expect, it } from "vitest";
import { fidelityOf } from "./fidelity";
import { importBoard } from "./import_board";
import { noteText } from "./note_messages";
import { optionsNotShown } from "./panel_options";
import { PANEL_TYPES } from "./panel_types";

function told(panel: object) {
  const out = importBoard({ title: "B", panels: [panel] });
  if ("error" in out) throw new Error(out.error);
  const { grade, notes } = fidelityOf(out.board, out.changes).panels[0]!;
  return { grade, notes: notes.map(noteText) };
}

describe("options", () => {
  it("of which Grafana's own default is the look that a panel has here are not named", () => {
    for (const [type, options] of [
      ["timeseries", { legend: { calcs: ["max"], displayMode: "table", placement: "right", showLegend: true, sortBy: "Max", sortDesc: true }, tooltip: { hideZeros: false, maxHeight: 600, mode: "multi", sort: "desc" }, alertThreshold: true }],
      ["stat", { wideLayout: true, text: {}, textMode: "auto", reduceOptions: { calcs: ["mean"], fields: "", values: false } }],
      ["gauge", { minVizHeight: 75, minVizWidth: 75, sizing: "auto", orientation: "auto" }],
      ["bargauge", { legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: false }, minVizWidth: 8, valueMode: "color" }],
      ["table", { cellHeight: "sm", footer: { show: false, countRows: false, fields: "", reducer: ["sum"] }, showHeader: true }],
      ["state-timeline", { alignValue: "left", mergeValues: true, rowHeight: 0.9, tooltip: { mode: "single", sort: "none" } }],
      ["acme-panel", { whatever: 1 }],
    ] as const)
      expect(optionsNotShown(type, options), type).toEqual({ unlike: [], unused: [] });
  });
  it("that make it look otherwise there are named and lower its grade", () => {
    expect(told({ type: "timeseries", options: { timezone: ["Europe/Rome"], tooltip: { mode: "multi", hideZeros: true } } })).toEqual({ grade: "partial", notes: ['option "timezone" is kept but not shown', 'option "tooltip.hideZeros" is kept but not shown'] });
    expect(told({ type: "state-timeline", options: { perPage: 20, alignValue: "right" } }).notes).toEqual(['option "perPage" is kept but not shown', 'option "alignValue" is kept but not shown']);
    expect(told({ type: "table", options: { frozenColumns: { left: 2 } } }).grade).toBe("partial");
  });
  it("that nobody reads are named and lower nothing", () => {
    expect(told({ type: "stat", options: { colorMode: "value", wideLayout: false, reduceOptions: { calcs: ["mean"], odd: 3 }, sparkle: "much" } })).toEqual({ grade: "full", notes: ["options kept in the file, not used: reduceOptions.odd, sparkle"] });
    expect(told({ type: "gauge", options: { minVizHeight: 40 } }).notes).toEqual(["options kept in the file, not used: minVizHeight"]);
  });
  it("are listed for each kind of panel that has any", () => {
    const odd = { "x-odd": 1 };
    expect([...PANEL_TYPES].filter((type) => optionsNotShown(type, odd).unused.length === 0)).toEqual(["logs", "row", "news"]);
  });
});

describe("fields of queries, colours and cells", () => {
  it("a query's fields that are not asked with are named", () => {
    const target = { refId: "A", expr: "up", editorMode: "code", range: true, legendFormat: "__auto", step: 60, metric: "up" };
    expect(told({ type: "stat", targets: [target] }).notes).toEqual([]);
    expect(told({ type: "stat", targets: [{ ...target, adhocFilters: [{ key: "a" }], timeField: "@t" }] })).toEqual({ grade: "full", notes: ["query A: kept in the file, not used: adhocFilters, timeField"] });
  });
  it("a way to colour that is not known is named, be it of all fields or of some", () => {
    expect(told({ type: "stat", fieldConfig: { defaults: { color: { mode: "continuous-neon" } }, overrides: [{ matcher: { id: "byName", options: "x" }, properties: [{ id: "color", value: { mode: "by-mood" } }, { id: "color", value: { mode: "continuous-blues" } }] }] } })).toEqual({ grade: "partial", notes: ['colour mode "by-mood" is not known', 'colour mode "continuous-neon" is not known'] });
  });
  it("cells that are texts here are named once", () => {
    const cell = (type: string, more = {}) => ({ matcher: { id: "byName", options: type }, properties: [{ id: "custom.cellOptions", value: { type, ...more } }] });
    expect(told({ type: "table", fieldConfig: { defaults: { custom: { cellOptions: { type: "auto" } } }, overrides: [cell("geo"), cell("geo"), cell("pill"), cell("image"), cell("markdown"), cell("data-links"), cell("color-background", { applyToRow: true }), cell("auto", { tooltip: { field: "a" } })] } })).toEqual({
      grade: "partial", notes: ['cells of the kind "geo" are shown as text', '"tooltip" of its cells is kept but not shown'],
    });
  });
});
