import { expect, it } from "vitest";
import type { RuleGroup } from "../../api/prometheus";
import { originOf } from "./origin";

const group = (name: string, rules: { name: string; query: string; type?: string }[]) => ({ name, file: "f", interval: 15, rules: rules.map((rule) => ({ type: "alerting", ...rule })) }) as unknown as RuleGroup;
const GROUPS = [
  group("one", [{ name: "Down", query: "up == 0" }, { name: "Down", query: "up{job=\"a b\"} == 0" }]),
  group("two", [{ name: "Down", query: "up == 0", type: "recording" }, { name: "Slow", query: "latency > 1" }]),
];
const from = (alertname: string, generatorURL: string) => originOf({ labels: { alertname }, generatorURL }, GROUPS);

it("an alert comes from the rule that has its name and its query", () => {
  expect(from("Down", "http://some:9090/below/graph?g0.expr=up+%3D%3D+0&g0.tab=1")?.group).toBe("one");
  expect(from("Down", "http://some:9090/graph?g0.expr=up%7Bjob%3D%22a+b%22%7D+%3D%3D+0&g0.tab=1")?.rule.query).toBe('up{job="a b"} == 0');
  expect(from("Slow", "http://some:9090/graph?g0.expr=latency%20%3E%201")?.group).toBe("two");
});
it.each([
  ["Down", "http://other:9090/graph?g0.expr=up+%3D%3D+1"],
  ["Slow", "http://some:9090/graph?g0.expr=up+%3D%3D+0"],
  ["Down", "https://grafana.example/d/abc"],
  ["Down", ""],
  ["Down", "<b>no address</b>"],
])("%s of %s comes from elsewhere", (name, url) => expect(from(name, url)).toBeUndefined());
