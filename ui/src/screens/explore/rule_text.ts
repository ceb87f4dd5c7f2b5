// An alert rule as text for a rule file.

export interface RuleDraft {
  name: string;
  expr: string;
  operator: string; // "" when the expression compares already
  threshold: string;
  lasts: string;
  labels: Record<string, string>;
  summary: string;
}

// YAML's double quotes are JSON's, so any text is safe in them.
const quoted = (text: string) => JSON.stringify(text);

export function ruleExpr({ expr, operator, threshold }: RuleDraft): string {
  const body = expr.trim();
  if (operator === "" || threshold.trim() === "") return body;
  const simple = /^[a-zA-Z_:][\w:]*(\{[^{}]*\})?$/.test(body) || /^[a-z_0-9]+\s*\(.*\)$/s.test(body) && balanced(body);
  return `${simple ? body : `(${body})`} ${operator} ${threshold.trim()}`;
}

// One call from the first bracket to the last, not two side by side.
function balanced(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")") depth--;
    if (depth === 0 && text[i] === ")" && i < text.length - 1) return false;
  }
  return depth === 0;
}

export function ruleYaml(draft: RuleDraft): string {
  const lines = ["groups:", `  - name: ${quoted(draft.name || "alerts")}`, "    rules:", `      - alert: ${quoted(draft.name || "Alert")}`, `        expr: ${quoted(ruleExpr(draft))}`];
  if (draft.lasts.trim() !== "") lines.push(`        for: ${draft.lasts.trim()}`);
  const labels = Object.entries(draft.labels).filter(([name]) => /^[a-zA-Z_]\w*$/.test(name));
  if (labels.length > 0) lines.push("        labels:", ...labels.map(([name, value]) => `          ${name}: ${quoted(value)}`));
  if (draft.summary.trim() !== "") lines.push("        annotations:", `          summary: ${quoted(draft.summary)}`);
  return lines.join("\n") + "\n";
}

// Labels as one writes them into a field: name=value, with quotes around a value that has a comma or quotes in it.
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => `${name}=${/[",]|^\s|\s$/.test(value) ? JSON.stringify(value) : value}`).join(", ");
}

export function labelsIn(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [, name, quote, plain] of text.matchAll(/([^=,\s"]+)\s*=\s*(?:("(?:[^"\\]|\\.)*")\s*(?=,|$)|([^,]*))/g)) {
    try {
      out[name!] = quote === undefined ? plain!.trim() : String(JSON.parse(quote));
    } catch {
      out[name!] = quote!;
    }
  }
  return out;
}

// "Error rate (5m) by region" → ErrorRate5mByRegion
export function alertNameOf(title: string): string {
  const words = title.split(/[^\p{L}\p{N}]+/u).filter((w) => w !== "");
  return words.map((w) => w[0]!.toUpperCase() + w.slice(1)).join("");
}
