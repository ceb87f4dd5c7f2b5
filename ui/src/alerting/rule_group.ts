// A rule group as a form holds it, and as YAML. Pure.
import type { CheckedGroup, GroupText, RuleText } from "../api/rule_groups";

export type Pair = [name: string, value: string];
export interface DraftRule extends RuleText {
  labels: Pair[];
  annotations: Pair[];
}
export interface DraftGroup extends GroupText {
  labels: Pair[];
  rules: DraftRule[];
}

export function draftOf(group: CheckedGroup): DraftGroup {
  return { ...group, labels: Object.entries(group.labels), rules: group.rules.map(({ line: _line, ...rule }) => ({ ...rule, labels: Object.entries(rule.labels), annotations: Object.entries(rule.annotations) })) };
}

export const newRule = (alerting = true): DraftRule => ({
  alerting,
  name: "",
  expr: "",
  for: alerting ? "5m" : "",
  keepFiringFor: "",
  noData: "",
  clear: "",
  flapDamping: "",
  labels: alerting ? [["severity", "warning"]] : [],
  annotations: alerting ? [["summary", ""]] : [],
});
export const newGroup = (rule: DraftRule = newRule()): DraftGroup => ({ name: "", interval: "", queryOffset: "", limit: 0, noData: "", flapDamping: "", labels: [], rules: [rule] });

/** A YAML scalar; `indent` is that of the key before it. */
export function scalar(text: string, indent: number): string {
  if (/^[A-Za-z_][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text)) return text;
  const lines = text.replace(/\n$/, "").split("\n");
  // A literal block, unless its first line or an empty one would be read otherwise.
  if (lines.length > 1 && !/^\s/.test(text) && lines.every((line) => line.trim() !== "" && !/[\u0000-\u001f\u007f]/.test(line)))
    return [text.endsWith("\n") ? "|" : "|-", ...lines.map((line) => " ".repeat(indent + 2) + line)].join("\n");
  // Elsewhere double quotes, which are JSON's.
  return text === "" || /[\u0000-\u001f\u007f\u0085\u2028\u2029\ufeff]/.test(text) ? JSON.stringify(text) : `'${text.replace(/'/g, "''")}'`;
}

/** `lines[i]`: the line, from 1, on which rule i begins. */
export function groupYaml(group: DraftGroup): { text: string; lines: number[] } {
  const out: string[] = [];
  let count = 0;
  const put = (text: string) => {
    out.push(text);
    count += text.split("\n").length;
  };
  const key = (indent: number, name: string, value: string) => value !== "" && put(`${" ".repeat(indent)}${name}: ${scalar(value, indent)}`);
  const raw = (indent: number, name: string, value: string) => value.trim() !== "" && put(`${" ".repeat(indent)}${name}: ${/^[\w.]+$/.test(value.trim()) ? value.trim() : JSON.stringify(value.trim())}`);
  const pairs = (indent: number, name: string, all: readonly Pair[], withEmpty: boolean) => {
    const given = all.filter(([one, value]) => one !== "" && (withEmpty || value !== ""));
    if (given.length === 0) return;
    put(`${" ".repeat(indent)}${name}:`);
    for (const [one, value] of given) put(`${" ".repeat(indent + 2)}${/^[A-Za-z_]\w*$/.test(one) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(one) ? one : JSON.stringify(one)}: ${scalar(value, indent + 2)}`);
  };
  put(`name: ${scalar(group.name, 0)}`);
  raw(0, "interval", group.interval);
  raw(0, "query_offset", group.queryOffset);
  if (group.limit > 0) raw(0, "limit", String(group.limit));
  pairs(0, "labels", group.labels, true);
  raw(0, "no_data", group.noData);
  raw(0, "flap_damping", group.flapDamping);
  if (group.rules.length > 0) put("rules:");
  const lines = group.rules.map((rule) => {
    const line = count + 1;
    put(`  - ${rule.alerting ? "alert" : "record"}: ${scalar(rule.name, 4)}`);
    key(4, "expr", rule.expr.trim());
    if (rule.alerting) {
      raw(4, "for", rule.for);
      raw(4, "keep_firing_for", rule.keepFiringFor);
      raw(4, "no_data", rule.noData);
      key(4, "clear", rule.clear.trim());
      raw(4, "flap_damping", rule.flapDamping);
    }
    pairs(4, "labels", rule.labels, true);
    if (rule.alerting) pairs(4, "annotations", rule.annotations, false);
    return line;
  });
  return { text: `${out.join("\n")}\n`, lines };
}

/** Which rule a line belongs to; undefined: the group's own keys. */
export function ruleAt(lines: readonly number[], line: number): number | undefined {
  let found: number | undefined;
  lines.forEach((begin, i) => {
    if (line >= begin) found = i;
  });
  return found;
}

/** The group as a rule file, for what takes files. */
export function asFile(text: string): string {
  return `groups:\n${text
    .replace(/\n$/, "")
    .split("\n")
    .map((line, i) => (i === 0 ? `  - ${line}` : line === "" ? "" : `    ${line}`))
    .join("\n")}\n`;
}

export const hasComments = (text: string) => /(^|\s)#/m.test(text);

// What another screen hands to the editor: too long for an address, gone with the tab.
const KEY = "pharos.rule-draft";
let handed: DraftGroup | undefined;
export function handOver(group: DraftGroup): void {
  handed = group;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(group));
  } catch {
    // Then it lasts as long as the page.
  }
}
export function handedOver(): DraftGroup | undefined {
  if (handed) return handed;
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "") as DraftGroup;
  } catch {
    return undefined;
  }
}
export function forgetHandedOver(): void {
  handed = undefined;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is nothing to forget.
  }
}
