// An alerting rule as a rule file has it, to be changed and tried over history.
import type { Rule } from "../../api/prometheus";

/** Quoted where a plain scalar would read as something else. */
export function yamlText(text: string): string {
  if (text.includes("\n")) return `|-\n${text.split("\n").map((line) => `          ${line}`).join("\n")}`;
  const plain = /^[A-Za-z_][\w ./()-]*$/.test(text) && !/^(true|false|yes|no|on|off|null)$/i.test(text) && text === text.trim();
  return plain ? text : `'${text.replace(/'/g, "''")}'`;
}
function seconds(value: number): string {
  return value % 3600 === 0 ? `${value / 3600}h` : value % 60 === 0 ? `${value / 60}m` : `${value}s`;
}

export function ruleYaml(rule: Pick<Rule, "name" | "query" | "duration" | "labels" | "annotations">): string {
  const map = (name: string, values: Readonly<Record<string, string>> | undefined) =>
    values && Object.keys(values).length ? [`        ${name}:`, ...Object.entries(values).map(([key, value]) => `          ${key}: ${yamlText(value).replace(/\n {10}/g, "\n            ")}`)] : [];
  return [
    "groups:",
    "  - name: backtest",
    "    rules:",
    `      - alert: ${yamlText(rule.name)}`,
    `        expr: ${yamlText(rule.query)}`,
    ...(rule.duration ? [`        for: ${seconds(rule.duration)}`] : []),
    ...map("labels", rule.labels),
    ...map("annotations", rule.annotations),
    "",
  ].join("\n");
}
