// What every screen may want to know of the server, asked once for all of them.
import { ask } from "./client";
import { alerts, type Alert } from "./alerts";
import { buildInfo, rules, runtimeInfo, type RuleGroup } from "./prometheus";
import { shared } from "./shared";

export const alertList = shared<Alert[]>((signal) => alerts({ signal }), 5000);
export const runtime = shared((signal) => runtimeInfo({ signal }), 15_000);
export const build = shared((signal) => buildInfo({ signal }), 300_000);
export const ruleGroups = shared<RuleGroup[]>((signal) => rules({ signal }), 20_000);
export function alertingRules(groups: readonly RuleGroup[] | undefined): number {
  return (groups ?? []).reduce((sum, group) => sum + group.rules.filter(({ type }) => type === "alerting").length, 0);
}

export interface Notice {
  text: string;
  date: string;
  active: boolean;
}
export const notices = shared<Notice[]>((signal) => ask<Notice[]>("notifications", {}, { signal }), 15_000);
