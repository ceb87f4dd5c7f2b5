// What an alert on a panel carries as labels: the variables that its queries name and that stand for one value.
import type { Panel } from "../../dashboard/model/board";
import { referencesOf } from "../../dashboard/model/interpolate";
import type { Scope } from "../../dashboard/model/scope";

// Variables of these kinds say how something is asked, not of what.
const HOW = new Set(["datasource", "interval", "adhoc", "groupby"]);

export function ruleLabels(panel: Panel, scope: Scope): [name: string, value: string][] {
  const named = new Set(panel.targets.flatMap(({ expr }) => referencesOf(expr ?? "")));
  return [...scope.variables.values()].flatMap(({ name, kind, values, everything }) => (named.has(name) && !HOW.has(kind) && everything !== true && values.length === 1 ? [[name, values[0]!]] : []));
}
