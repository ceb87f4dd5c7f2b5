import { describe, expect, it } from "vitest";
import { asFile, draftOf, groupYaml, hasComments, newGroup, newRule, ruleAt, scalar } from "./rule_group";

describe("a group as YAML", () => {
  it("has what was filled in, in rule files' own words", () => {
    const group = { ...newGroup({ ...newRule(), name: "Down", expr: 'up{job="a"} == 0\n', labels: [["severity", "critical"], ["", "x"]], annotations: [["summary", "{{ $labels.instance }}: down"], ["empty", ""]] }), name: "team a", interval: "30s" };
    expect(groupYaml(group).text).toBe(
      [
        "name: 'team a'",
        "interval: 30s",
        "rules:",
        "  - alert: Down",
        "    expr: 'up{job=\"a\"} == 0'",
        "    for: 5m",
        "    labels:",
        "      severity: critical",
        "    annotations:",
        "      summary: '{{ $labels.instance }}: down'",
        "",
      ].join("\n"),
    );
  });
  it("leaves out of a recording rule what only alerts have", () => {
    const text = groupYaml({ ...newGroup({ ...newRule(false), name: "a:b", expr: "1", for: "5m", annotations: [["x", "y"]] }), name: "g" }).text;
    expect(text).toBe("name: g\nrules:\n  - record: 'a:b'\n    expr: '1'\n");
  });
  it("says on which line each rule begins", () => {
    const { text, lines } = groupYaml({ ...newGroup(), name: "g", rules: [{ ...newRule(), name: "A", expr: "a\nor b" }, { ...newRule(), name: "B", expr: "b" }] });
    expect(lines.map((line) => text.split("\n")[line - 1])).toEqual(["  - alert: A", "  - alert: B"]);
    expect([ruleAt(lines, 1), ruleAt(lines, lines[0]! + 2), ruleAt(lines, 99)]).toEqual([undefined, 0, 1]);
  });
});

describe("a scalar", () => {
  it.each([
    ["plain", "plain"],
    ["true", "'true'"],
    ["it's", "'it''s'"],
    ["", '""'],
    ["tab\there", '"tab\\there"'],
    ["a\nb", "|-\n    a\n    b"],
    ["a\nb\n", "|\n    a\n    b"],
    ["a\n\nb", '"a\\n\\nb"'],
    [" a\nb", '" a\\nb"'],
    ["- x", "'- x'"],
    ["5m", "'5m'"],
  ])("%j", (text, expected) => expect(scalar(text, 2)).toBe(expected));
});

it("a text is a file's only group", () => {
  expect(asFile("name: g\n\nrules:\n  - record: r\n")).toBe("groups:\n  - name: g\n\n    rules:\n      - record: r\n");
});

it("a hostile duration cannot add a key", () => {
  expect(groupYaml({ ...newGroup({ ...newRule(), name: "A", expr: "1", for: "5m\n    expr: up" }), name: "g" }).text).toContain('for: "5m\\n    expr: up"');
});

it("knows comments from hash signs within words", () => {
  expect([hasComments("a: 1 # why"), hasComments("# why"), hasComments("a: b#c")]).toEqual([true, true, false]);
});

it("a checked group becomes a draft without losing a key", () => {
  const draft = draftOf({ name: "g", interval: "1m", queryOffset: "5s", limit: 3, noData: "hold", flapDamping: "true", labels: { a: "b" }, rules: [{ alerting: true, name: "A", expr: "1", for: "1m", keepFiringFor: "2m", noData: "alert", clear: "up", flapDamping: "false", labels: { x: "" }, annotations: {}, line: 3 }] });
  expect(groupYaml(draft).text).toBe("name: g\ninterval: 1m\nquery_offset: 5s\nlimit: 3\nlabels:\n  a: b\nno_data: hold\nflap_damping: true\nrules:\n  - alert: A\n    expr: '1'\n    for: 1m\n    keep_firing_for: 2m\n    no_data: alert\n    clear: up\n    flap_damping: false\n    labels:\n      x: \"\"\n");
});
