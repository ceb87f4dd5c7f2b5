import { expect, it } from "vitest";
import { ruleYaml, yamlText } from "./rule_yaml";
import { webAddress } from "./safe_link";

it("scalars that would read as something else are quoted", () => {
  expect(["up", "true", "it's", "up == 0", "a: b", "x\ny"].map(yamlText)).toEqual(["up", "'true'", "'it''s'", "'up == 0'", "'a: b'", "|-\n          x\n          y"]);
});
it("a rule becomes a rule file", () => {
  expect(ruleYaml({ name: "Down", query: "up == 0", duration: 120, labels: { severity: "critical" }, annotations: { summary: "Says {{ $labels.job }}" } })).toBe(
    `groups:
  - name: backtest
    rules:
      - alert: Down
        expr: 'up == 0'
        for: 2m
        labels:
          severity: critical
        annotations:
          summary: 'Says {{ $labels.job }}'
`,
  );
});
it.each([
  ["https://example.org/a b", "https://example.org/a%20b"],
  ["javascript:alert(1)", undefined],
  ["data:text/html,<script>", undefined],
  ["packs/dwcp/runbooks/X.md", undefined],
  ["//evil.example", undefined],
])("an address out of a label is followed only on the web: %s", (text, expected) => expect(webAddress(text)).toBe(expected));
