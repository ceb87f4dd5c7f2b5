import { describe, expect, it } from "vitest";
import { interpolate, referencesOf } from "./interpolate";
import { makeScope, rangeBuiltins, stepBuiltins, type BoundVariable } from "./scope";
import { stepOf } from "./intervals";

const one = (name: string, ...values: string[]): BoundVariable => ({ name, kind: "query", values, texts: values, multi: false });
const many = (name: string, ...values: string[]): BoundVariable => ({ ...one(name, ...values), multi: true, list: true });
const scope = makeScope(
  [one("node", "n1"), one("person", `O'Brien "x"`), many("single", "a.b"), { ...many("every", "a", "b"), everything: true, texts: ["All"] }, one("when", "1700000000500"), one("url", "a b&c=(d)!"), many("regions", "eu.west", "us"), { ...many("all", "a", "b"), all: { value: ".+" }, texts: ["All"] }, one("odd", 'a"b\\c')],
  [...rangeBuiltins({ fromMs: 1_700_000_000_000, toMs: 1_700_003_600_000 }), ...stepBuiltins(stepOf({ fromMs: 0, toMs: 3_600_000, maxDataPoints: 200 }))],
);

it.each([
  ["title", "$single: $regions of $all and $every, ${regions:csv}", "a.b: eu.west + us of All and All, eu.west,us"],
  ["prose", "$single: $regions of $all and $every, ${regions:pipe}", "a.b: eu.west, us of .+ and a, b, eu.west|us"],
] as const)("a %s says several values as people do", (mode, text, expected) => expect(interpolate(text, scope, mode)).toBe(expected));

describe("interpolate", () => {
  it.each([
    ['up{n="$node"}', 'up{n="n1"}'],
    ["[[node]] ${node} $nodex", "n1 n1 $nodex"],
    ['up{r=~"$regions"}', 'up{r=~"(eu\\\\.west|us)"}'],
    ['up{r=~"$all"}', 'up{r=~".+"}'],
    ['up{n="$odd"}', 'up{n="a\\"b\\\\c"}'],
    ["rate(x[$__rate_interval]) [$__range] $__range_s $__interval", "rate(x[1m]) [3600s] 3600 20s"],
    ["$__unknown $1 costs", "$__unknown $1 costs"],
    [`up{n="$person"}`, `up{n="O'Brien \\"x\\""}`], // \' is no escape inside double quotes
    [`up{n='$person'}`, `up{n='O\\'Brien "x"'}`],
    ["up{n=`$person`}", "up{n=`O'Brien \"x\"`}"],
    ['up{n=~"$single"}', 'up{n=~"a\\\\.b"}'],
    ['# "comment\nup{n="$person"}', `# "comment\nup{n="O'Brien \\"x\\""}`],
    ["topk(5, $node)", "topk(5, n1)"],
  ])("PromQL: %s", (text, expected) => expect(interpolate(text, scope, "promql")).toBe(expected));
  it.each([
    ["${regions:pipe}", "eu.west|us"], ["${regions:csv}", "eu.west,us"], ["${regions:regex}", "(eu\\.west|us)"], ["${regions:json}", '["eu.west","us"]'],
    ["${regions:glob}", "{eu.west,us}"], ["${regions:singlequote}", "'eu.west','us'"], ["${regions:doublequote}", '"eu.west","us"'], ["${regions:sqlstring}", "'eu.west','us'"],
    ["${regions:queryparam}", "var-regions=eu.west&var-regions=us"], ["${all:text}", "All"], ["${all:raw}", ".+"], ["${node.text}", "n1"], ["[[regions:pipe]]", "eu.west|us"],
    ["${all:csv} ${all:regex} ${all:queryparam}", ".+ .+ var-all=a&var-all=b"], ["${every:queryparam} ${every:csv}", "var-every=$__all a,b"],
    ["${node:json} ${single:json} ${single:percentencode} ${node:percentencode}", 'n1 ["a.b"] %7Ba.b%7D n1'],
    ["${url:percentencode} ${url:uriencode} ${url:queryparam}", "a%20b%26c%3D%28d%29%21 a%20b&c=%28d%29%21 var-url=a%20b%26c%3D%28d%29%21"],
    ["${regions:join:; } ${regions:join} ${regions:customqueryparam:p-region:v-}", "eu.west; us eu.west,us p-region=v-eu.west&p-region=v-us"],
    ["${person:sqlstring} ${person:doublequote} ${person:singlequote}", `'O''Brien \\"x\\"' "O'Brien \\"x\\"" 'O\\'Brien "x"'`],
    ["${single:lucene} ${node:lucene} ${regions:lucene}", '("a.b") n1 ("eu.west" OR "us")'], ["${regions:nothing}", "{eu.west,us}"],
    ["${when:date:ms} ${when:date:seconds} ${node:date}", "1700000000500 1700000001 NaN"],
    ["${regions:percentencode}", "%7Beu.west%2Cus%7D"], ["${regions:distributed}", "eu.west,regions=us"], ["$regions", "{eu.west,us}"],
    ["${__from} ${__from:date:seconds} ${__from:date:YYYY-MM-DD} ${__from:date}", "1700000000000 1700000000 2023-11-14 2023-11-14T22:13:20.000Z"],
  ])("formats: %s", (text, expected) => expect(interpolate(text, scope)).toBe(expected));
  it("lists what a text mentions", () => {
    expect(referencesOf("a$b ${c:csv} [[d]] $__interval ${e.text} $b")).toEqual(["b", "c", "d", "e"]);
  });
});
