import { describe, expect, it } from "vitest";
import type { Alert } from "../../api/alerts";
import { together } from "./changes";
import { cellKey, matrixOf } from "./facts";
import { sentence } from "./sentence";
import { verdict, type Facts } from "./verdict";

const alert = (severity: string, status: Partial<Alert["status"]> = {}, labels: Record<string, string> = {}, at = 1000): Alert => ({
  fingerprint: `${severity}${at}`,
  labels: { alertname: severity, severity, ...labels },
  annotations: {},
  startsAt: new Date(at * 1000).toISOString(),
  endsAt: "",
  updatedAt: "",
  generatorURL: "",
  receivers: [],
  status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
});
const healthy: Facts = {
  regions: [{ region: "eu", score: 98 }, { region: "us", score: 91 }],
  components: [{ component: "hde", place: "eu", health: 2 }],
  alerts: [],
  targets: 3,
  targetsDown: 0,
  rules: 5,
  alertsKnown: true,
};

describe("the verdict", () => {
  it("is safe only when everything is known and well", () => expect(verdict(healthy)).toMatchObject({ headline: "safe", tone: "ok" }));
  it("missing data never counts as healthy", () => {
    expect(verdict({ ...healthy, regions: [{ region: "eu", score: NaN }] })).toMatchObject({ headline: "unknown", regionsUnknown: ["eu"], regionsBad: [] });
    expect(verdict({ ...healthy, components: [{ component: "hde", place: "eu", health: NaN }] }).headline).toBe("unknown");
    expect(verdict({ ...healthy, alertsKnown: false }).headline).toBe("unknown");
  });
  it("what is broken stands before what is not known", () => {
    expect(verdict({ ...healthy, alertsKnown: false, regions: [{ region: "eu", score: 12 }] }).headline).toBe("stop");
  });
  it("a critical alert stops, a warning asks for care, an info does neither", () => {
    expect(verdict({ ...healthy, alerts: [alert("critical")] }).headline).toBe("stop");
    expect(verdict({ ...healthy, alerts: [alert("warning")] }).headline).toBe("care");
    expect(verdict({ ...healthy, alerts: [alert("info")] }).headline).toBe("safe");
  });
  it("silenced and inhibited alerts do not count", () => {
    const alerts = [alert("critical", { state: "suppressed", silencedBy: ["x"] }), alert("critical", { state: "suppressed", inhibitedBy: ["y"] })];
    expect(verdict({ ...healthy, alerts })).toMatchObject({ headline: "safe", critical: 0 });
  });
  it("degraded regions, components and targets ask for care and are named", () => {
    expect(verdict({ ...healthy, regions: [{ region: "sa", score: 74 }] })).toMatchObject({ headline: "care", regionsBad: ["sa"] });
    expect(verdict({ ...healthy, components: [{ component: "hde", place: "eu", health: 1 }] })).toMatchObject({ headline: "care", componentsBad: ["hde"] });
    expect(verdict({ ...healthy, targetsDown: 1 }).headline).toBe("care");
  });
  it("names the worst alert that says its component, the oldest of them", () => {
    const alerts = [alert("critical", {}, {}, 1), alert("critical", {}, { component: "hde", region: "sa" }, 9), alert("critical", {}, { component: "pba" }, 20)];
    expect(verdict({ ...healthy, alerts }).cause).toMatchObject({ where: "sa · hde", since: 9 });
  });
  it("what names no place is looked at after what does", () => {
    const alerts = [alert("critical", {}, { component: "sla" }, 1), alert("critical", {}, { component: "probft", region: "us" }, 9)];
    expect(verdict({ ...healthy, alerts }).cause).toMatchObject({ where: "us · probft" });
  });
  it("without rules and without a fleet nobody has said what healthy means", () => {
    expect(verdict({ ...healthy, regions: [], components: [], rules: 0 }).headline).toBe("quiet");
    expect(verdict({ ...healthy, regions: [], components: [], rules: 1 }).headline).toBe("safe");
  });
  it("nothing watched is no health", () => expect(verdict({ ...healthy, regions: [], components: [], targets: 0 }).headline).toBe("empty"));
});

describe("the sentence", () => {
  const said = (facts: Facts) => sentence(verdict(facts), facts);
  it("says what is well when all is", () => expect(said(healthy)).toBe("2 regions healthy; 1 component healthy; no alert firing; 3 of 3 targets answer."));
  it("a component that is not heard of somewhere is not among the healthy ones", () => {
    const components = [{ component: "pba", place: "eu", health: NaN }, { component: "pba", place: "us", health: 2 }, { component: "hde", place: "us", health: 2 }];
    expect(said({ ...healthy, components })).toContain("1 component healthy");
    expect(said({ ...healthy, components: components.slice(0, 2) })).not.toContain("component healthy");
  });
  it("what is broken comes first, with its place; what is well last", () => {
    const facts = { ...healthy, components: [{ component: "pba", place: "eu", health: 0 }, { component: "pba", place: "us", health: 2 }], alerts: [alert("critical")], targetsDown: 1 };
    expect(said(facts)).toBe("PBA (eu) down; 1 alert firing (1 critical); 1 of 3 targets does not answer; 2 regions healthy.");
  });
  it("many places are counted", () => {
    const components = ["a", "b", "c", "d", "e"].map((place) => ({ component: "hde", place, health: place === "e" ? 2 : 1 }));
    expect(said({ ...healthy, components })).toMatch(/^HDE \(4 of 5\) degraded; /);
  });
  it("thousands are read in threes", () => expect(said({ ...healthy, alerts: Array.from({ length: 5012 }, (_, i) => alert("warning", {}, {}, i)) })).toMatch(/^5\u202f012 alerts firing; /));
});

it("what began together is one change with its number and places; what began later is another", () => {
  const change = (at: number, text: string, where: string) => ({ at, key: `${at} ${where}`, tone: "warning" as const, text, where });
  const found = together([change(300, "A began", "us · n1"), change(299, "A began", "eu · n2"), change(298, "B began", ""), change(297, "A began", "us · n3"), change(200, "A began", "us · n9")]);
  expect(found.map(({ at, text, where, count }) => [at, text, where, count])).toEqual([
    [300, "A began", "eu, us", 3],
    [298, "B began", "", 1],
    [200, "A began", "us · n9", 1],
  ]);
});

it("the matrix has the six components in their order, the worst of each place", () => {
  const found = matrixOf([
    { metric: { component: "zeta", region: "eu" }, values: [2] },
    { metric: { component: "itp", region: "eu" }, values: [2] },
    { metric: { component: "amst", region: "us", cluster: "a" }, values: [2] },
    { metric: { component: "amst", region: "us", cluster: "b" }, values: [0] },
    { metric: { component: "amst", region: "eu" }, values: [2, NaN] },
    { metric: { component: "amst", region: "eu", cluster: "b" }, values: [2] },
    { metric: { component: "hde", region: "eu", cluster: "a" }, values: [NaN] },
    { metric: { component: "hde", region: "eu", cluster: "b" }, values: [0] },
    { metric: { component: "hde", region: "eu", cluster: "c" }, values: [NaN] },
    { metric: { region: "eu" }, values: [0] },
    { metric: { component: "amst", version: "v3" }, values: [0] },
  ]);
  expect(found.components).toEqual(["amst", "hde", "itp", "zeta"]);
  expect(found.cells.get(cellKey("hde", "eu"))).toBe(0);
  expect(found.places).toEqual(["eu", "us"]);
  expect(found.cells.get(cellKey("amst", "us"))).toBe(0);
  expect(found.cells.get(cellKey("amst", "eu"))).toBeNaN();
});
