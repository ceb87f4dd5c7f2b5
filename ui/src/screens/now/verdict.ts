// The sentence on top: is it safe to continue, and if not, what broke, where and since when. A pure function
// of what is known; what is not known is a third answer and never counts as healthy.
import { hasPlace, nameOf, severityRank, startOf, whereOf } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import type { Tone } from "../../parts/icons";

export interface RegionHealth {
  region: string;
  /** 0..100; NaN: nothing heard. */
  score: number;
}
export interface ComponentHealth {
  component: string;
  place: string;
  /** 0 down, 1 degraded, 2 healthy; NaN: nothing heard. */
  health: number;
}
export interface Facts {
  regions: readonly RegionHealth[];
  components: readonly ComponentHealth[];
  alerts: readonly Alert[];
  /** Targets that are scraped, and those that do not answer. */
  targets: number;
  targetsDown: number;
  /** Alerting rules that are evaluated. */
  rules: number;
  /** The alerts could be read. */
  alertsKnown: boolean;
}

export const DEGRADED = 80;
export const UNHEALTHY = 60;

export function regionTone(score: number): Tone {
  return Number.isNaN(score) ? "unknown" : score < UNHEALTHY ? "critical" : score < DEGRADED ? "warning" : "ok";
}
export function componentTone(health: number): Tone {
  return Number.isNaN(health) ? "unknown" : health < 1 ? "critical" : health < 2 ? "warning" : "ok";
}

export interface Verdict {
  tone: Tone;
  headline: "safe" | "quiet" | "care" | "stop" | "unknown" | "empty";
  regionsBad: string[];
  regionsUnknown: string[];
  componentsDown: string[];
  componentsBad: string[];
  componentsUnknown: string[];
  /** Alerts that are neither silenced nor inhibited. */
  firing: number;
  critical: number;
  targetsDown: number;
  /** The alert that most likely names the cause, with its place and beginning. */
  cause?: { alert: Alert; name: string; where: string; since: number };
}

export function verdict({ regions, components, alerts, targets, targetsDown, rules, alertsKnown }: Facts): Verdict {
  const active = alerts.filter(({ status }) => status.state === "active" && !status.silencedBy.length && !status.inhibitedBy.length);
  const critical = active.filter(({ labels }) => severityRank(labels) >= 4);
  const warning = active.filter(({ labels }) => severityRank(labels) === 2 || severityRank(labels) === 3);
  const regionsBad = regions.filter(({ score }) => score < DEGRADED).map(({ region }) => region);
  const regionsUnknown = regions.filter(({ score }) => Number.isNaN(score)).map(({ region }) => region);
  const componentsDown = [...new Set(components.filter(({ health }) => health < 1).map(({ component }) => component))];
  const componentsBad = [...new Set(components.filter(({ health }) => health >= 1 && health < 2).map(({ component }) => component))].filter(
    (component) => !componentsDown.includes(component),
  );
  const componentsUnknown = [...new Set(components.filter(({ health }) => Number.isNaN(health)).map(({ component }) => component))];
  const broken = regions.some(({ score }) => score < UNHEALTHY) || components.some(({ health }) => health < 1);
  const out: Verdict = {
    tone: "ok",
    headline: "safe",
    regionsBad,
    regionsUnknown,
    componentsDown,
    componentsBad,
    componentsUnknown,
    firing: active.length,
    critical: critical.length,
    targetsDown,
  };
  // The worst, and of these the oldest that names a place and a component: effects come after their cause, and
  // what concerns the whole fleet is mostly an effect.
  const [first] = [...active].sort(
    (a, b) =>
      severityRank(b.labels) - severityRank(a.labels) ||
      Number(hasPlace(b.labels)) - Number(hasPlace(a.labels)) ||
      Number(Boolean(b.labels.component)) - Number(Boolean(a.labels.component)) ||
      startOf(a) - startOf(b),
  );
  if (first && severityRank(first.labels) >= 2) out.cause = { alert: first, name: nameOf(first.labels), where: whereOf(first.labels), since: startOf(first) };

  const unknown = !alertsKnown || regionsUnknown.length > 0 || componentsUnknown.length > 0;
  if (critical.length || broken) {
    out.headline = "stop";
    out.tone = "critical";
  } else if (unknown) {
    out.headline = "unknown";
    out.tone = "unknown";
  } else if (warning.length || regionsBad.length || componentsBad.length || targetsDown > 0) {
    out.headline = "care";
    out.tone = "warning";
  } else if (targets === 0 && regions.length === 0) {
    out.headline = "empty";
    out.tone = "unknown";
  } else if (rules === 0 && regions.length === 0 && components.length === 0) {
    // Nobody has said what healthy means here.
    out.headline = "quiet";
  }
  return out;
}
