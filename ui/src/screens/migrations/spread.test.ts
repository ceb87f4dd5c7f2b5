import { expect, it } from "vitest";
import { causesOf, pairKey, spreads } from "./spread";

const pair = { source: "eu", destination: "us" };
const bucket = (le: string, value: number) => ({ metric: { ...pair, le }, values: [value] });

it("cumulative buckets become bars in their order, whatever order they come in", () => {
  const bars = spreads([bucket("+Inf", 12), bucket("0.1", 4), bucket("1", 10), bucket("10", 9.9)]).get(pairKey(pair));
  expect(bars).toEqual([
    { from: 0, to: 0.1, count: 4 },
    { from: 0.1, to: 1, count: 6 },
    { from: 1, to: 10, count: 0 },
    { from: 10, to: Infinity, count: 2 },
  ]);
});
it("what is no bucket or has no value makes no bar", () => {
  expect(spreads([bucket("x", 1), bucket("1", NaN), { metric: pair, values: [3] }]).size).toBe(0);
});

it("what grew most comes first; what is rare or as usual is not worse", () => {
  const row = (component: string, error_type: string, value: number) => ({ metric: { component, error_type }, values: [value] });
  const causes = causesOf(
    [row("amst", "timeout", 300), row("hde", "encode_failed", 40), row("pba", "failed", 0.2), row("ass", "sync_failed", 9), row("itp", "idle", 0)],
    [row("amst", "timeout", 290), row("hde", "encode_failed", 4), row("pba", "failed", 0)],
  );
  expect(causes.map(({ component, worse }) => [component, worse])).toEqual([["ass", true], ["hde", true], ["amst", false], ["pba", false]]);
  expect(causes[0]!.times).toBe(Infinity);
  expect(causes[1]!.times).toBe(10);
});
