import { describe, expect, it } from "vitest";
import type { Panel } from "./board";
import { overlaps, placePanel, toggleRow } from "./layout";
import { expandRepeats } from "./repeat";
import { makeScope } from "./scope";
import { addMatchers } from "./promql_matchers";

function panel(id: number, x: number, y: number, w: number, h: number, more: object = {}): Panel {
  return { id, type: "stat", title: `p${id}`, gridPos: { x, y, w, h }, targets: [], options: {}, fieldConfig: { defaults: {}, overrides: [] }, transformations: [], ...more };
}
const row = (id: number, y: number, more: object = {}) => panel(id, 0, y, 24, 1, { type: "row", collapsed: false, panels: [], ...more });
const places = (panels: Panel[]) => Object.fromEntries(panels.map((p) => [p.id, [p.gridPos.x, p.gridPos.y]]));

describe("layout", () => {
  it("pushes what a moved panel covers, and leaves no two overlapping", () => {
    const moved = placePanel([panel(1, 0, 0, 12, 4), panel(2, 12, 0, 12, 4), panel(3, 0, 4, 24, 4)], 3, { x: 0, y: 0, w: 24, h: 4 });
    expect(places(moved)).toEqual({ 3: [0, 0], 1: [0, 4], 2: [12, 4] });
    for (const a of moved) for (const b of moved) expect(a !== b && overlaps(a.gridPos, b.gridPos)).toBe(false);
  });
  it("keeps a panel on the grid", () => {
    expect(placePanel([panel(1, 0, 0, 12, 4)], 1, { x: 30, y: -3, w: 40, h: 0 })[0]!.gridPos).toEqual({ x: 0, y: 0, w: 24, h: 1 });
  });
  it("closes and opens a row without a trace", () => {
    const before = [row(1, 0), panel(2, 0, 1, 12, 4), panel(3, 12, 1, 12, 6), row(4, 7), panel(5, 0, 8, 24, 3)];
    const closed = toggleRow(before, 1);
    expect(places(closed)).toEqual({ 1: [0, 0], 4: [0, 1], 5: [0, 2] });
    expect(places(toggleRow(closed, 1))).toEqual(places(before));
  });
});

describe("expandRepeats", () => {
  const scope = makeScope([{ name: "r", kind: "query", values: ["a", "b", "c"], texts: ["a", "b", "c"], multi: true }]);
  it("puts copies side by side and moves what is below", () => {
    const out = expandRepeats([panel(1, 0, 0, 24, 4, { repeat: "r", maxPerRow: 2 }), panel(2, 0, 4, 24, 4)], scope);
    expect(out.map((p) => [p.key, p.panel.gridPos.x, p.panel.gridPos.y, p.panel.gridPos.w])).toEqual([["1", 0, 0, 12], ["1~b", 12, 0, 12], ["1~c", 0, 4, 12], ["2", 0, 8, 24]]);
    expect(out[1]!.own[0]!.values).toEqual(["b"]);
  });
  it("repeats downwards", () => {
    const out = expandRepeats([panel(1, 3, 0, 6, 2, { repeat: "r", repeatDirection: "v" })], scope);
    expect(out.map((p) => [p.panel.gridPos.x, p.panel.gridPos.y])).toEqual([[3, 0], [3, 2], [3, 4]]);
  });
  it("repeats rows with all they hold", () => {
    const out = expandRepeats([row(1, 0, { repeat: "r" }), panel(2, 0, 1, 12, 3), row(3, 4), panel(4, 0, 5, 12, 3)], scope);
    expect(out.map((p) => [p.key, p.panel.gridPos.y])).toEqual([["1", 0], ["2", 1], ["1~b", 4], ["2~b", 5], ["1~c", 8], ["2~c", 9], ["3", 12], ["4", 13]]);
    expect(out[3]!.own.map((v) => v.values)).toEqual([["b"]]);
  });
  it("opens and closes each copy of a row by itself", () => {
    const held = [panel(2, 0, 11, 12, 3)]; // of a closed row: where they stood when it was closed
    const panels = [row(1, 4, { repeat: "r", collapsed: true, panels: held }), row(3, 5), panel(4, 0, 6, 12, 3)];
    const places = (turned: string[]) => expandRepeats(panels, scope, new Set(turned)).map((p) => [p.key, p.panel.gridPos.y, p.panel.collapsed]);
    expect(places([])).toEqual([["1", 4, true], ["1~b", 5, true], ["1~c", 6, true], ["3", 7, false], ["4", 8, undefined]]);
    expect(places(["1~b"])).toEqual([["1", 4, true], ["1~b", 5, false], ["2~b", 6, undefined], ["1~c", 9, true], ["3", 10, false], ["4", 11, undefined]]);
    const below = [row(1, 0, { repeat: "r", collapsed: true, panels: held }), panel(5, 0, 1, 6, 2)];
    expect(expandRepeats(below, scope, new Set(["1"])).map((p) => [p.key, p.panel.gridPos.y])).toEqual([["1", 0], ["2", 1], ["1~b", 4], ["1~c", 5], ["5", 6]]);
    const open = [row(1, 0, { repeat: "r" }), panel(2, 0, 1, 12, 3), row(3, 4), panel(4, 0, 5, 12, 3)];
    expect(expandRepeats(open, scope, new Set(["1"])).map((p) => [p.key, p.panel.gridPos.y])).toEqual([["1", 0], ["1~b", 1], ["2~b", 2], ["1~c", 5], ["2~c", 6], ["3", 9], ["4", 10]]);
    expect(expandRepeats(open, scope, new Set(["1"]))[0]!.panel.panels).toHaveLength(1);
  });
  it("shows a panel once when its variable is not there", () => {
    expect(expandRepeats([panel(1, 0, 0, 24, 4, { repeat: "gone" })], scope)).toHaveLength(1);
  });
});

describe("addMatchers", () => {
  const add = (expr: string) => addMatchers(expr, [{ key: "job", operator: "=", value: 'a"b' }]);
  const m = 'job="a\\"b"';
  it.each([
    ["up", `up{${m}}`],
    ['sum by (job) (rate(x_total{a="{b}"}[5m])) / on(node) group_left(v) y', `sum by (job) (rate(x_total{a="{b}", ${m}}[5m])) / on(node) group_left(v) y{${m}}`],
    ["up{} offset 5m", `up{${m}} offset 5m`],
    ['label_replace(up, "a", "$1", "b", "(.*)")', `label_replace(up{${m}}, "a", "$1", "b", "(.*)")`],
    ["1e3 + 0x1f * job:x:rate5m > bool 2", `1e3 + 0x1f * job:x:rate5m{${m}} > bool 2`],
    ["count without (a, b) (up) and vector(1) # up", `count without (a, b) (up{${m}}) and vector(1) # up`],
    ["max_over_time(up[1h:5m])", `max_over_time(up{${m}}[1h:5m])`],
    ['{__name__="up",}', `{__name__="up", ${m}}`],
  ])("%s", (expr, expected) => expect(add(expr)).toBe(expected));
});
