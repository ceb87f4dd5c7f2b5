import { describe, expect, it } from "vitest";
import type { Alert } from "../api/alerts";
import { filterAlerts, group, matcherWord, matches, parseMatcher, whereOf } from "./model";

let numbered = 0;
function alert(labels: Record<string, string>, more: { at?: number; inhibitedBy?: string[]; id?: string; annotations?: Record<string, string> } = {}): Alert {
  return {
    fingerprint: more.id ?? String(++numbered).padStart(16, "0"),
    labels,
    annotations: more.annotations ?? {},
    startsAt: new Date((more.at ?? 1000) * 1000).toISOString(),
    endsAt: "",
    updatedAt: "",
    generatorURL: "",
    receivers: [],
    status: { state: more.inhibitedBy?.length ? "suppressed" : "active", silencedBy: [], inhibitedBy: more.inhibitedBy ?? [], mutedBy: [] },
  };
}

describe("groups", () => {
  it("what is inhibited stands behind what inhibits it", () => {
    const cause = alert({ alertname: "RegionDown", severity: "critical" }, { id: "a", at: 50 });
    const first = alert({ alertname: "Latency", severity: "warning" }, { id: "b", at: 10, inhibitedBy: ["a"] });
    const second = alert({ alertname: "Errors", severity: "critical" }, { id: "c", at: 20, inhibitedBy: ["b"] });
    const [only, ...rest] = group([second, first, cause], "cause");
    expect(rest).toEqual([]);
    expect(only!.title).toBe("RegionDown");
    expect(only!.alerts.map(({ fingerprint }) => fingerprint)).toEqual(["a", "c", "b"]);
    expect(only!.start).toBe(10);
  });
  it("alerts that inhibit each other end the search", () => {
    const pair = [alert({ alertname: "A" }, { id: "a", inhibitedBy: ["b"] }), alert({ alertname: "B" }, { id: "b", inhibitedBy: ["a"] })];
    expect(group(pair, "cause").flatMap(({ alerts }) => alerts)).toHaveLength(2);
  });
  it("the worst come first, and of these the oldest", () => {
    const list = [
      alert({ alertname: "Info", severity: "info" }, { at: 1 }),
      alert({ alertname: "New", severity: "critical" }, { at: 9 }),
      alert({ alertname: "Old", severity: "critical" }, { at: 2 }),
      alert({ alertname: "Warn", severity: "warning" }, { at: 1 }),
    ];
    expect(group(list, "cause").map(({ title }) => title)).toEqual(["Old", "New", "Warn", "Info"]);
  });
  it("every alert is in exactly one group, whatever they are grouped by", () => {
    const list = [alert({ alertname: "A", region: "eu" }), alert({ alertname: "A" }), alert({ alertname: "B", region: "eu" })];
    for (const by of ["cause", "alertname", "region", "none"] as const) expect(group(list, by).flatMap(({ alerts }) => alerts)).toHaveLength(3);
    expect(group(list, "region").map(({ title }) => title).sort()).toEqual(["eu", "–"]);
  });
});

describe("matchers", () => {
  it.each([
    ['a="x y"', { name: "a", value: "x y", isRegex: false, isEqual: true }],
    ["a!=b", { name: "a", value: "b", isRegex: false, isEqual: false }],
    ["a=~b.*", { name: "a", value: "b.*", isRegex: true, isEqual: true }],
    ['a!~"\\"q\\""', { name: "a", value: '"q"', isRegex: true, isEqual: false }],
    ["a=", { name: "a", value: "", isRegex: false, isEqual: true }],
    ["word", undefined],
    ["=x", undefined],
  ])("%s", (text, expected) => expect(parseMatcher(text)).toEqual(expected));
  it("regular expressions match whole values; a label that is not there is empty", () => {
    expect(matches({ name: "a", value: "b", isRegex: true, isEqual: true }, { a: "bc" })).toBe(false);
    expect(matches({ name: "z", value: "", isRegex: false, isEqual: true }, { a: "bc" })).toBe(true);
    expect(matches({ name: "a", value: "(", isRegex: true, isEqual: false }, { a: "x" })).toBe(false);
  });
});

it("the filter takes words and matchers together", () => {
  const list = [
    alert({ alertname: "DiskFull", region: "eu" }, { annotations: { summary: "Disk is full" } }),
    alert({ alertname: "DiskFull", region: "us" }),
    alert({ alertname: "Latency", region: "eu" }),
  ];
  expect(filterAlerts(list, "disk region=eu")).toEqual([list[0]]);
  expect(filterAlerts(list, "region!=eu")).toEqual([list[1]]);
  expect(filterAlerts(list, "<script>")).toEqual([]);
  expect(filterAlerts(list, " ")).toHaveLength(3);
});

it("the filter keeps together what is in quotes, and finds what it is given by the links of other screens", () => {
  const names = ["Region Down", 'Says "no"', "Back\\slash", "Region", "Down", "Two\nlines"];
  const list = names.map((alertname) => alert({ alertname, region: "eu west" }));
  for (const [i, alertname] of names.entries()) expect(filterAlerts(list, matcherWord("alertname", alertname))).toEqual([list[i]]);
  expect(filterAlerts(list, 'alertname="Region Down" region="eu west"')).toEqual([list[0]]);
  expect(filterAlerts(list, 'alertname=~"Region.*" region=~"eu .*"')).toEqual([list[0], list[3]]);
  expect(filterAlerts(list, '"Region Down"')).toEqual([list[0]]);
  expect(filterAlerts(list, '"says \\"no\\"" "eu west"')).toEqual([list[1]]);
  expect(filterAlerts(list, '"Down Region"')).toEqual([]);
  // While it is being typed the quote is not closed yet.
  expect(filterAlerts(list, 'alertname="Reg')).toEqual([]);
});

it("where it is, the widest place first, three at most", () => {
  expect(whereOf({ region: "us", source: "us", destination: "eu" })).toBe("us · eu");
  expect(whereOf({ instance: "i", region: "eu", node: "n", component: "hde", alertname: "x" })).toBe("eu · hde · n");
});
