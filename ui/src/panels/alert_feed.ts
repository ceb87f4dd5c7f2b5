// What the alert panels read: active alerts, and the changes of the past, which stand in for a log.
import { ask } from "../api/client";
import type { LabelSet } from "../api/prometheus";
import type { Tone } from "../parts/icons";

export interface Transition {
  at: number; // Unix seconds
  kind: "firing" | "resolved" | "expired";
  fingerprint: string;
  labels: LabelSet;
  annotations: LabelSet;
}

interface TransitionJson {
  at: string;
  kind: Transition["kind"];
  fingerprint: string;
  labels: LabelSet;
  annotations: LabelSet;
}

export async function alertHistory(from: number, to: number, filters: readonly string[], limit: number, signal?: AbortSignal): Promise<Transition[]> {
  const found = await ask<TransitionJson[]>("alerts/history", { start: from, end: to, filter: filters, limit }, signal === undefined ? {} : { signal });
  return found.map((one) => ({ ...one, at: Date.parse(one.at) / 1000 }));
}

// `{severity="critical", region=~"eu.*"}` or `severity=critical` of a panel → filters the API takes.
export function filtersOf(text: string): string[] {
  const inner = text.trim().replace(/^\{|\}$/g, "");
  const out: string[] = [];
  for (const [, name, operator, quoted, plain] of inner.matchAll(/([a-zA-Z_][\w.]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g)) out.push(`${name}${operator}"${quoted ?? (plain ?? "").replace(/"/g, '\\"')}"`);
  return out;
}

/** Of an alert that is active. */
export function toneOfSeverity(severity: string | undefined): Tone {
  return severity === "critical" || severity === "page" ? "critical" : severity === "info" ? "info" : "warning";
}

const NOT_WHERE = new Set(["alertname", "severity", "job", "version", "__name__"]);

/** Where an alert is, by the values of its labels: ten alerts of one rule have one summary, and a storm of them says nothing
 *  without their places. An address is told only where nothing else is, and a
 *  value once. */
export function whereOf(labels: LabelSet): string {
  const told = Object.entries(labels).filter(([name]) => !NOT_WHERE.has(name));
  const named = told.filter(([name]) => name !== "instance");
  return [...new Set((named.length > 0 ? named : told).map(([, value]) => value))].join(" ");
}
