import { expect, it } from "vitest";
import { edgeSources, narrowed, topologyOf } from "./edges";

const row = (client: string, server: string, value: number) => ({ metric: { client, server }, values: [NaN, value] });
const found = {
  rate: [row("door", "manager", 100), row("manager", "database", 40), row("manager", "redis", 60), row("idle", "manager", 0)],
  errors: [row("manager", "redis", 6), row("door", "manager", 0.1)],
  p50: [row("door", "manager", 0.01)],
  p95: [row("door", "manager", 0.02), row("idle", "manager", 0.5)],
};

it("edges have their rate, share of errors and times; the worst come first", () => {
  const { edges } = topologyOf(found, true);
  expect(edges.map(({ client, server, errors, tone }) => [client, server, errors, tone])).toEqual([
    ["manager", "redis", 0.1, "critical"],
    ["door", "manager", 0.001, "ok"],
    ["manager", "database", 0, "ok"],
    ["idle", "manager", NaN, "unknown"],
  ]);
  expect(edges[1]).toMatchObject({ rate: 100, p50: 0.01, p95: 0.02 });
});
it("a service is judged by the calls it answers, not by those it makes", () => {
  const nodes = new Map(topologyOf(found, true).nodes.map((node) => [node.name, node]));
  expect(nodes.get("manager")).toMatchObject({ rate: 100, errors: 0.001, p95: 0.5, tone: "ok" });
  expect(nodes.get("redis")).toMatchObject({ tone: "critical" });
  expect(nodes.get("door")).toMatchObject({ rate: NaN, tone: "info" });
});
it("where not every failure is counted, none stored is not none happened", () => {
  const { edges } = topologyOf(found, false);
  expect(edges.map(({ server, tone }) => [server, tone])).toEqual([["redis", "critical"], ["manager", "ok"], ["database", "unknown"], ["manager", "unknown"]]);
});
it("series without both ends draw nothing", () => {
  expect(topologyOf({ ...found, rate: [row("", "manager", 1), row("door", "", 1), row("door", "manager", NaN)] }, true).edges).toEqual([]);
});
it("only what fails leaves the edges that fail and their ends", () => {
  const left = narrowed(topologyOf(found, true), { onlyFailing: true, service: undefined });
  expect(left.edges.map(({ server }) => server)).toEqual(["redis"]);
  expect(left.nodes.map(({ name }) => name)).toEqual(["manager", "redis"]);
  expect(narrowed(topologyOf(found, true), { onlyFailing: false, service: "door" }).nodes.map(({ name }) => name)).toEqual(["door", "manager"]);
});
it("every source asks for both ends by the same two labels", () => {
  for (const { rate, errors, p50, p95 } of edgeSources)
    for (const expr of [rate, errors, p50, p95]) {
      expect(expr).toContain("client");
      expect(expr).toContain("server");
    }
});
