import { describe, expect, it } from "vitest";
import { alertNameOf, labelsIn, labelsText, ruleExpr, ruleYaml } from "./rule_text";

const draft = { name: "A", expr: "up", operator: "<", threshold: "1", lasts: "5m", labels: { severity: "page", region: 'e"u' }, summary: "" };

describe("alert rules", () => {
  it.each([
    ["up", "up < 1"], ["rate(x[5m])", "rate(x[5m]) < 1"], ["a / b", "(a / b) < 1"], ["f(a) + g(b)", "(f(a) + g(b)) < 1"], ['up{a="b"}', 'up{a="b"} < 1'], ["sum by (a) (b)", "(sum by (a) (b)) < 1"],
  ])("%s", (expr, expected) => expect(ruleExpr({ ...draft, expr })).toBe(expected));
  it("are written so that any text is safe in them", () => {
    expect(ruleYaml(draft)).toBe('groups:\n  - name: "A"\n    rules:\n      - alert: "A"\n        expr: "up < 1"\n        for: 5m\n        labels:\n          severity: "page"\n          region: "e\\"u"\n');
  });
  it("get a name from a title", () => expect(alertNameOf("Error rate (5m) by region")).toBe("ErrorRate5mByRegion"));
  it("have labels whose values may hold anything", () => {
    const labels = { region: "eu-west", text: 'a, b="c"', odd: '<img src=x onerror="1">', equal: "x=y", empty: "" };
    expect(labelsIn(labelsText(labels))).toEqual(labels);
    expect(labelsIn("a=1,b = two words , c=")).toEqual({ a: "1", b: "two words", c: "" });
    expect(labelsIn('a="half')).toEqual({ a: '"half' });
  });
});
