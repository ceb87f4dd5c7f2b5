import { describe, expect, it } from "vitest";
import { MarkList, NO_MARKS } from "../../panels/marks/mark_list";
import { bucketsPanel } from "../../panels/test_panels";
import { boardBuiltins, makeScope, rangeBuiltins, withBuiltins } from "../model/scope";
import { namesEnds, onlyMoved, type Given } from "./moving_range";

const variables = makeScope([], boardBuiltins({ title: "b", uid: "u" }, "UTC"));
const at = (from: number, to: number): Given => ({
  board: { uid: "u", interval: { from, to }, zone: "UTC", theme: "dark", marks: NO_MARKS, sync: "", compare: 0 },
  scope: withBuiltins(variables, rangeBuiltins({ fromMs: from * 1000, toMs: to * 1000 })),
  own: NONE as never,
  filters: NONE as never,
  live: 1,
  ready: true,
});
const NOW = "from=now-5m&to=now&refresh=1s";
const NONE: readonly never[] = [];

describe("a range that goes on", () => {
  it("is all that is new", () => expect(onlyMoved(at(15, 315), at(0, 300))).toBe(true));
  it("is not, where it is wider as well", () => expect(onlyMoved(at(0, 315), at(0, 300))).toBe(false));
  it("is not, where there are other marks, another zone or variables", () => {
    const [next, before] = [at(15, 315), at(0, 300)];
    expect(onlyMoved({ ...next, board: { ...next.board, marks: new MarkList() } }, before)).toBe(false);
    expect(onlyMoved({ ...next, board: { ...next.board, zone: "Asia/Tokyo" } }, before)).toBe(false);
    expect(onlyMoved({ ...next, scope: { ...next.scope, variables: new Map() } }, before)).toBe(false);
    expect(onlyMoved({ ...next, scope: withBuiltins(next.scope, [["__timezone", "Asia/Tokyo"]]) }, before)).toBe(false);
    expect(onlyMoved({ ...next, live: 5 }, before)).toBe(false);
  });
});

describe("a panel", () => {
  const panel = (json: object) => bucketsPanel.panelOf({ type: "timeseries", ...json });
  it("names the ends of its range in a query, a title or a link", () => {
    expect(namesEnds(panel({ targets: [{ refId: "A", expr: "x @ ${__from}" }] }), NOW)).toBe(true);
    expect(namesEnds(panel({ title: "until $__to" }), NOW)).toBe(true);
  });
  it("names the range of the address, which is that of the clock where the address has none", () => {
    const leading = panel({ fieldConfig: { defaults: { links: [{ title: "l", url: "/x?${__url_time_range}" }] }, overrides: [] } });
    expect(namesEnds(leading, NOW)).toBe(false);
    expect(namesEnds(leading, "from=now-5m")).toBe(true);
    expect(namesEnds(leading, "")).toBe(true);
  });
  it("takes nothing from them where it names its width", () => expect(namesEnds(panel({ targets: [{ refId: "A", expr: "rate(x[$__range])" }] }), NOW)).toBe(false));
});
