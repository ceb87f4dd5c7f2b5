// Which rule of this server an alert comes from.
import { nameOf } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import type { Rule, RuleGroup } from "../../api/prometheus";

export interface Origin {
  group: string;
  rule: Rule;
}

/** The alert names the query it came from, and servers that send alerts here have rules of the same names. */
export function originOf({ labels, generatorURL }: Pick<Alert, "labels" | "generatorURL">, groups: readonly RuleGroup[]): Origin | undefined {
  const expr = exprIn(generatorURL);
  if (expr === undefined) return undefined;
  for (const { name: group, rules } of groups)
    for (const rule of rules) if (rule.type === "alerting" && rule.name === nameOf(labels) && rule.query === expr) return { group, rule };
  return undefined;
}

function exprIn(url: string): string | undefined {
  try {
    return new URL(url).searchParams.get("g0.expr") ?? undefined;
  } catch {
    return undefined;
  }
}
