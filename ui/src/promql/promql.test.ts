import { describe, expect, it } from "vitest";
import { astOf } from "./ast";
import { EMPTY_PARTS, queryOf, suggestionFor, partsOf } from "./builder";

const selector = (name: string, ...matchers: object[]) => ({ type: "vectorSelector", name, offset: 0, timestamp: null, startOrEnd: null, matchers: [{ name: "__name__", value: name, type: "=" }, ...matchers] });

describe("astOf", () => {
  it("writes the tree back as the query it came from", () => {
    const tree = {
      type: "binaryExpr", op: "/", bool: false, matching: { card: "many-to-one", labels: ["job"], on: true, include: ["v"] },
      lhs: { type: "aggregation", op: "sum", grouping: ["job"], without: false, param: null, expr: { type: "call", func: { name: "rate" }, args: [{ type: "matrixSelector", name: "x", range: 300_000, offset: 60_000, matchers: [{ name: "a", value: 'b"c', type: "=~" }] }] } },
      rhs: { type: "parenExpr", expr: { type: "binaryExpr", op: "+", lhs: selector("y"), rhs: { type: "numberLiteral", val: "1" }, matching: null } },
    };
    const out = astOf(tree);
    expect(out.text).toBe('sum by (job) (rate(x{a=~"b\\"c"}[5m] offset 1m)) / on (job) group_left (v) (y + 1)');
    expect(out.children[0]!.children[0]!.label).toBe("rate()");
    expect(out.children[0]!.children[0]!.children[0]!.countable).toBe(false);
  });
  it("reads any JSON without failing", () => {
    for (const junk of [null, 5, [], {}, { type: "call" }, { type: "binaryExpr" }]) expect(typeof astOf(junk).text).toBe("string");
  });
});

describe("queryOf", () => {
  it.each([
    [{ metric: "up" }, "up"],
    [{ metric: "x_total", step: "rate", aggregate: "sum", by: ["a", "b"] }, "sum by (a, b) (rate(x_total[5m]))"],
    [{ metric: "d_bucket", step: "rate", quantile: 0.99, by: ["region"] }, "histogram_quantile(0.99, sum by (region, le) (rate(d_bucket[5m])))"],
    [{ metric: "up", aggregate: "topk", limit: 3, matchers: [{ key: "job", operator: "=~", value: 'a"' }] }, 'topk (3, up{job=~"a\\""})'],
    [{ metric: "odd name" }, '{"odd name"}'],
    [{}, ""],
  ])("%j", (parts, expected) => expect(queryOf({ ...EMPTY_PARTS, ...(parts as object) })).toBe(expected));
  it("suggests what suits a metric", () => {
    expect(suggestionFor("x_bucket", "histogram").quantile).toBe(0.99);
    expect(suggestionFor("x", "counter").step).toBe("rate");
    expect(suggestionFor("x", "gauge").step).toBe("");
  });
});

describe("a query and its parts", () => {
  const selector = (type: string, name: string, more: object = {}) => ({ type, name, matchers: [{ name: "__name__", type: "=", value: name }, { name: "job", type: "=~", value: "a|b" }], offset: 0, timestamp: null, startOrEnd: null, ...more });
  const call = (name: string, ...args: object[]) => ({ type: "call", func: { name }, args });
  const sum = (op: string, expr: object, grouping: string[], more: object = {}) => ({ type: "aggregation", op, expr, grouping, without: false, param: null, ...more });
  const rate = call("rate", selector("matrixSelector", "x_total", { range: 300_000 }));
  const buckets = call("rate", selector("matrixSelector", "x_bucket", { range: 90_000 }));
  const number = (val: string) => ({ type: "numberLiteral", val });
  it.each([
    ["a selector", selector("vectorSelector", "up"), 'up{job=~"a|b"}'],
    ["a rate", rate, 'rate(x_total{job=~"a|b"}[5m])'],
    ["a sum in brackets", { type: "parenExpr", expr: sum("sum", rate, ["job", "node"]) }, 'sum by (job, node) (rate(x_total{job=~"a|b"}[5m]))'],
    ["the largest", sum("topk", rate, [], { param: number("3") }), 'topk (3, rate(x_total{job=~"a|b"}[5m]))'],
    ["a quantile", call("histogram_quantile", number("0.97"), sum("sum", buckets, ["le", "job"])), 'histogram_quantile(0.97, sum by (job, le) (rate(x_bucket{job=~"a|b"}[1m30s])))'],
  ])("%s is taken apart and put together again", (_, tree, text) => expect(queryOf(partsOf(tree)!)).toBe(text));
  it.each([
    ["an offset", selector("vectorSelector", "up", { offset: 60_000 })],
    ["a moment", selector("vectorSelector", "up", { timestamp: 5 })],
    ["without", sum("sum", rate, ["job"], { without: true })],
    ["a function it does not know", call("deriv", selector("matrixSelector", "x", { range: 1000 }))],
    ["arithmetic", { type: "binaryExpr", op: "/", lhs: rate, rhs: rate }],
    ["a subquery", call("rate", { type: "subquery", expr: rate, range: 1000, step: 0 })],
    ["nothing", undefined],
  ])("%s is beyond them", (_, tree) => expect(partsOf(tree)).toBeUndefined());
});
