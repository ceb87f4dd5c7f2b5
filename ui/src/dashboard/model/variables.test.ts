import { describe, expect, it } from "vitest";
import type { VariableJson } from "./board";
import { interpolate } from "./interpolate";
import { importBoard } from "./import_board";
import { addGrouping } from "./promql_grouping";
import { addMatchers } from "./promql_matchers";
import { chainOf, resolveVariables, scopeOf, type VariableSource } from "./variables";
import { customOptions, parseVariableQuery, pickByRegex, sortOptions } from "./variable_query";

const range = { fromMs: 0, toMs: 3_600_000 };
const options = (...values: string[]) => values.map((value) => ({ text: value, value }));

function variables(...list: object[]): VariableJson[] {
  const out = importBoard({ title: "t", templating: { list } });
  if ("error" in out) throw new Error(out.error);
  return out.board.templating.list;
}

function source(asked: string[] = []): VariableSource {
  return {
    labelValues: async (label, selector) => {
      asked.push(`${label} of ${selector ?? "all"}`);
      if (selector?.includes("broken")) throw new Error("parse error");
      return label === "region" ? ["us", "eu"] : selector?.includes('"eu"') ? ["e1", "e2"] : ["u1"];
    },
    labelNames: async () => ["job", "region"],
    instant: async () => [{ labels: { __name__: "up", node: "n1" }, value: "1", timeMs: 5 }],
    series: async () => [{ __name__: "up", node: "n1" }],
    datasources: () => options("pharos"),
  };
}

describe("parseVariableQuery", () => {
  it.each([
    ["label_values(region)", { kind: "labelValues", label: "region" }],
    ['label_values(up{a="x,y", b=~"z"}, node)', { kind: "labelValues", label: "node", selector: 'up{a="x,y", b=~"z"}' }],
    ["label_names()", { kind: "labelNames" }],
    ["metrics(dwcp.*)", { kind: "metrics", pattern: "dwcp.*" }],
    ["query_result(topk(3, up))", { kind: "queryResult", expr: "topk(3, up)" }],
    ['up{a="b"}', { kind: "series", selector: 'up{a="b"}' }],
    ["", { kind: "none" }],
  ])("%s", (text, expected) => expect(parseVariableQuery(text)).toEqual(expected));
});

describe("options", () => {
  it("are picked by the groups of a regex", () => {
    expect(pickByRegex(options('up{node="n1"} 1 5', 'up{node="n2"} 0 5'), '/node="([^"]+)"/')).toEqual(options("n1", "n2"));
    expect(pickByRegex(options("a:1", "b:2"), "/(?<text>\\w):(?<value>\\d)/")).toEqual([{ text: "a", value: "1" }, { text: "b", value: "2" }]);
    expect(pickByRegex(options("a", "b", "a"), "")).toEqual(options("a", "b"));
  });
  it.each([[0, "n10 n2 B a"], [1, "B a n10 n2"], [2, "n2 n10 a B"], [3, "B a n2 n10"], [5, "a B n10 n2"], [7, "a B n2 n10"]])("are sorted by kind %d", (sort, expected) => {
    expect(sortOptions(options("n10", "n2", "B", "a"), sort).map((o) => o.value).join(" ")).toBe(expected);
  });
  it("of a custom variable may have names", () => {
    expect(customOptions("a, b\\,c, Text : value")).toEqual([...options("a", "b,c"), { text: "Text", value: "value" }]);
  });
});

describe("resolveVariables", () => {
  it("asks in the order of dependence, whatever the order in the file", async () => {
    const asked: string[] = [];
    const list = variables({ name: "node", type: "query", query: 'label_values(up{region="$region"}, node)' }, { name: "region", type: "query", query: "label_values(region)", sort: 1 });
    const states = await resolveVariables(list, new Map([["region", ["eu"]]]), source(asked), range);
    expect(asked).toEqual(["region of all", 'node of up{region="eu"}']);
    expect(states.map((s) => [s.name, s.chosen])).toEqual([["node", ["e1"]], ["region", ["eu"]]]);
    expect(interpolate('x{n="$node"}', scopeOf(states, range), "promql")).toBe('x{n="e1"}');
  });
  it("cuts a circle and goes on", () => {
    const list = variables({ name: "a", query: "label_values(x{b=\"$b\"}, c)" }, { name: "b", query: "label_values(x{a=\"$a\"}, c)" });
    expect(chainOf(list).flat().map((v) => v.name).sort()).toEqual(["a", "b"]);
  });
  it("writes All as every value, or as the board says", async () => {
    const list = variables(
      { name: "r", type: "query", query: "label_values(region)", multi: true, includeAll: true, current: { value: "$__all" } },
      { name: "s", type: "query", query: "label_values(region)", includeAll: true, allValue: ".*", current: { value: ["$__all"], text: ["All"] } },
    );
    const scope = scopeOf(await resolveVariables(list, new Map(), source(), range), range);
    expect(interpolate("$r ${r:csv} $s", scope, "promql")).toBe("(us|eu) us,eu .*");
  });
  it("keeps what is still there, else takes the first; an address is believed", async () => {
    const list = variables({ name: "region", type: "query", query: "label_values(region)", current: { value: "gone" } });
    expect((await resolveVariables(list, new Map(), source(), range))[0]!.chosen).toEqual(["us"]);
    expect((await resolveVariables(list, new Map([["region", ["gone"]]]), source(), range))[0]!.chosen).toEqual(["gone"]);
  });
  it("says what failed and keeps the value", async () => {
    const list = variables({ name: "node", type: "query", query: "label_values(broken, node)", current: { value: "n7" } });
    expect((await resolveVariables(list, new Map(), source(), range))[0]).toMatchObject({ error: "parse error", chosen: ["n7"] });
  });
  it("knows the other kinds", async () => {
    const list = variables(
      { name: "c", type: "constant", query: "42" }, { name: "t", type: "textbox", query: "hello" }, { name: "i", type: "interval", query: "1m,5m", auto: true, auto_count: 30, auto_min: "10s", current: { value: "5m" } },
      { name: "d", type: "datasource", query: "prometheus" }, { name: "h", type: "adhoc", filters: [{ key: "job", operator: "=", value: "a" }] }, { name: "u", type: "custom", query: "a : 1,b : 2", current: { value: "2" } },
    );
    const states = await resolveVariables(list, new Map(), source(), range);
    expect(Object.fromEntries(states.map((s) => [s.name, s.chosen]))).toEqual({ c: ["42"], t: ["hello"], i: ["5m"], d: ["pharos"], h: [], u: ["2"] });
    expect(states[2]!.options[0]).toEqual({ text: "auto", value: "2m" });
    expect(states[4]!.filters).toEqual([{ key: "job", operator: "=", value: "a" }]);
  });
});

describe("group-by variables", () => {
  it.each([
    ["sum(rate(x[5m]))", "sum by (region) (rate(x[5m]))"],
    ["sum by (node) (x)", "sum by (node, region) (x)"],
    ["sum(x) by (node)", "sum(x) by (node, region)"],
    ["sum by (region) (x)", "sum by (region) (x)"],
    ["sum without (region, node) (x)", "sum without (node) (x)"],
    ["topk(3, sum(x))", "topk by (region) (3, sum by (region) (x))"],
    ['max({sum="sum(x)"} # sum(y)\n) / count', 'max by (region) ({sum="sum(x)"} # sum(y)\n) / count'],
    ["sum_total + sum{a=\"b\"}", "sum_total + sum{a=\"b\"}"],
    ["histogram_quantile(0.9, sum by (le) (rate(x[5m])))", "histogram_quantile(0.9, sum by (le, region) (rate(x[5m])))"],
    ["sum(", "sum by (region) ()"],
  ])("%s", (given, expected) => expect(addGrouping(given, ["region"])).toBe(expected));
  it("change nothing when nothing is chosen", () => expect(addGrouping("sum(x)", [])).toBe("sum(x)"));
});

describe("adhoc filters", () => {
  it("of several values are regular expressions of them", () => {
    expect(addMatchers("up", [{ key: "a", operator: "=|", value: "x.y|z" }, { key: "b", operator: "!=|", value: "", values: ["p|q"] }])).toBe('up{a=~"x\\\\.y|z", b!~"p\\\\|q"}');
  });
});
