// Alerts as operators think of them: how bad, since when, caused by what, taken by whom. Pure functions.
import type { Alert, Matcher } from "../api/alerts";
import type { Acknowledgement } from "../api/oncall";
import { quote, type LabelSet } from "../api/prometheus";
import type { Tone } from "../parts/icons";

const RANKS: Record<string, number> = { critical: 4, page: 4, emergency: 4, error: 3, high: 3, major: 3, warning: 2, warn: 2, minor: 2, info: 1, none: 0 };

export function severityRank(labels: LabelSet): number {
  return RANKS[(labels.severity ?? "").toLowerCase()] ?? 2;
}
export function severityTone(labels: LabelSet): Tone {
  const rank = severityRank(labels);
  return rank >= 4 ? "critical" : rank >= 2 ? "warning" : "info";
}

export type AlertState = "active" | "acknowledged" | "silenced" | "inhibited" | "muted";
export function stateOf(alert: Alert, taken: ReadonlyMap<string, Acknowledgement>): AlertState {
  if (alert.status.silencedBy.length) return "silenced";
  if (alert.status.inhibitedBy.length) return "inhibited";
  if (alert.status.mutedBy?.length) return "muted";
  return taken.has(alert.fingerprint) ? "acknowledged" : "active";
}

export function startOf(alert: Alert): number {
  return Date.parse(alert.startsAt) / 1000;
}
export function nameOf(labels: LabelSet): string {
  return labels.alertname ?? "(no alertname)";
}
export function summaryOf({ annotations, labels }: Pick<Alert, "annotations" | "labels">): string {
  return annotations.summary ?? annotations.description ?? annotations.message ?? nameOf(labels);
}

/** What says where it is, the widest place first. */
const PLACES = ["region", "cluster", "source", "destination", "component", "service", "namespace", "node", "node_id", "instance", "pod", "version", "job"];
/** What breaks stands somewhere; what only follows from it (a service level, an anomaly of the whole) often does not. */
export function hasPlace(labels: LabelSet): boolean {
  return ["region", "cluster", "source", "node", "node_id", "instance"].some((name) => labels[name]);
}
export function whereOf(labels: LabelSet): string {
  // A link's source is often its region too: a place is said once.
  return [...new Set(PLACES.map((name) => labels[name]).filter(Boolean))].slice(0, 3).join(" · ");
}

/** Of many: their regions, else what tells them apart next. */
export function placesOf(list: readonly Pick<Alert, "labels">[]): string {
  for (const name of ["region", "cluster", "component", "node"]) {
    const found = [...new Set(list.map(({ labels }) => labels[name]).filter(Boolean))].sort();
    if (found.length) return found.join(", ");
  }
  return "";
}

export type Grouping = "cause" | "alertname" | "region" | "component" | "team" | "severity" | "none";
export const groupings: readonly Grouping[] = ["cause", "alertname", "region", "component", "team", "severity", "none"];

export interface Group {
  key: string;
  /** What stands in the first column. */
  title: string;
  rank: number;
  /** Seconds, of the oldest alert. */
  start: number;
  /** The first one is what causes the others, where that is known. */
  alerts: Alert[];
}

function worstFirst(a: Alert, b: Alert): number {
  return severityRank(b.labels) - severityRank(a.labels) || startOf(a) - startOf(b) || (a.fingerprint < b.fingerprint ? -1 : 1);
}

/**
 * Groups, worst and oldest first. By cause: an alert that inhibits others stands before them; the rest of the
 * same name stay together.
 */
export function group(alerts: readonly Alert[], by: Grouping): Group[] {
  const known = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  const keyOf = (alert: Alert): string => {
    if (by === "none") return alert.fingerprint;
    if (by !== "cause") return alert.labels[by] ?? "";
    // Follows inhibition to its end; a circle ends where it began.
    let cause = alert;
    for (let steps = 0; steps < 8; steps++) {
      const next = cause.status.inhibitedBy.map((id) => known.get(id)).find((one) => one && one !== cause);
      if (!next || next === alert) break;
      cause = next;
    }
    return nameOf(cause.labels);
  };
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = keyOf(alert);
    const list = groups.get(key);
    if (list) list.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups]
    .map(([key, list]): Group => {
      list.sort((a, b) => Number(a.status.inhibitedBy.length > 0) - Number(b.status.inhibitedBy.length > 0) || worstFirst(a, b));
      return {
        key,
        title: by === "none" ? nameOf(list[0]!.labels) : key || "–",
        rank: Math.max(...list.map(({ labels }) => severityRank(labels))),
        start: Math.min(...list.map(startOf)),
        alerts: list,
      };
    })
    .sort((a, b) => b.rank - a.rank || a.start - b.start || (a.key < b.key ? -1 : 1));
}

/** What is in quotes stays together: names of alerts may have spaces. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|\S)+/g;
const QUOTED = /^"(?:[^"\\]|\\.)*"$/s;

function unquoted(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, c: string) => (c === "n" ? "\n" : c));
}

/** Every word, or text in quotes, must be in a label, an annotation or be a matcher (`name=value`, `name!="a value"`, `name=~re`). */
export function filterAlerts(alerts: readonly Alert[], query: string): Alert[] {
  const words = query.match(WORD) ?? [];
  if (words.length === 0) return [...alerts];
  const tests = words.map((word) => {
    const matcher = parseMatcher(word);
    if (matcher) return (alert: Alert) => matches(matcher, alert.labels);
    const wanted = (QUOTED.test(word) ? unquoted(word.slice(1, -1)) : word).toLowerCase();
    return (alert: Alert) =>
      [...Object.values(alert.labels), ...Object.values(alert.annotations)].some((text) => text.toLowerCase().includes(wanted));
  });
  return alerts.filter((alert) => tests.every((test) => test(alert)));
}

/** A word of that filter that means just this value, whatever it contains. */
export function matcherWord(name: string, value: string): string {
  return `${name}=${quote(value)}`;
}

/** `name="value"`, the quotes may be left out. */
export function parseMatcher(text: string): Matcher | undefined {
  const found = /^\s*([a-zA-Z_][\w.:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s.exec(text);
  if (!found) return undefined;
  const [, name, op, quoted, plain] = found;
  const value = quoted !== undefined ? unquoted(quoted) : plain!;
  return { name: name!, value, isRegex: op!.endsWith("~"), isEqual: op![0] === "=" };
}

export function matches({ name, value, isRegex, isEqual }: Matcher, labels: LabelSet): boolean {
  const has = labels[name] ?? "";
  let found: boolean;
  if (!isRegex) found = has === value;
  else {
    try {
      found = new RegExp(`^(?:${value})$`, "s").test(has);
    } catch {
      return false;
    }
  }
  return found === isEqual;
}

export function acknowledgementsByAlert(list: readonly Acknowledgement[] | undefined): Map<string, Acknowledgement> {
  return new Map((list ?? []).map((entry) => [entry.alert, entry]));
}
