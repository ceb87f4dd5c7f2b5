// Alerts, silences, routing and deliveries: Alertmanager's API v2 and what lies beside it below /api/v1.
import { ask, askPlain, askText, type AskOptions } from "./client";
import type { LabelSet } from "./prometheus";

export interface Alert {
  fingerprint: string;
  labels: LabelSet;
  annotations: LabelSet;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  generatorURL: string;
  receivers: { name: string }[];
  status: { state: "active" | "suppressed" | "unprocessed"; silencedBy: string[]; inhibitedBy: string[]; mutedBy: string[] };
}
export const alerts = (options?: AskOptions) => askPlain<Alert[]>("api/v2/alerts", {}, options);

export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}
export interface Silence {
  id: string;
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
  status: { state: "active" | "pending" | "expired" };
}
/** A page of Markdown out of the server's folder of runbooks. */
export const runbookPage = async (name: string, options?: AskOptions) => (await askText(`api/v1/runbooks/${encodeURIComponent(name)}`, {}, options)).text;

export const silences = (options?: AskOptions) => askPlain<Silence[]>("api/v2/silences", {}, options);
export const addSilence = (silence: Omit<Silence, "id" | "status"> & { id?: string }) =>
  askPlain<{ silenceID: string }>("api/v2/silences", {}, { body: silence });
export const expireSilence = (id: string) => askPlain<void>(`api/v2/silence/${encodeURIComponent(id)}`, {}, { method: "DELETE" });

export function matcherText({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? "=" : "!"}${isRegex ? "~" : isEqual ? "" : "="}${JSON.stringify(value)}`;
}

export interface SilencePreview {
  alerts: number;
  notifications: number;
  wholeNotifications: number;
  examples: LabelSet[];
}
export const previewSilence = (matchers: readonly Matcher[], start: number, end: number, options?: AskOptions) =>
  ask<SilencePreview>("silences/preview", { filter: matchers.map(matcherText), start, end }, options);

export interface RouteStep {
  receiver: string;
  route: string;
  routeId: string;
  groupKey: string;
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
  mutedBy: string[];
  silencedBy: string[];
  inhibitedBy: string[];
  inactive: boolean;
  integrations: string[];
  told: boolean;
}
export const previewRoutes = (labels: string, time?: number, options?: AskOptions) => ask<RouteStep[]>("routes/preview", { labels, time }, options);

export interface Delivery {
  sequence: number;
  at: string;
  receiver: string;
  integration: string;
  groupKey: string;
  groupLabels: LabelSet;
  outcome: string;
  cause: string;
  reason: string;
  firing: number;
  resolved: number;
  attempts: number;
  status: number;
  seconds: number;
  alerts: string[];
}
export const deliveries = (limit: number, fingerprint?: string, options?: AskOptions) =>
  ask<Delivery[]>("deliveries", { limit, fingerprint }, options);

export interface Transition {
  at: string;
  kind: "firing" | "resolved" | "expired";
  fingerprint: string;
  labels: LabelSet;
  annotations: LabelSet;
  startsAt: string;
}
export const alertHistory = (limit: number, start?: number, end?: number, options?: AskOptions) =>
  ask<Transition[]>("alerts/history", { limit, start, end }, options);

export interface Episode {
  labels: LabelSet;
  annotations: LabelSet;
  activeAt: string;
  firedAt: string;
  resolvedAt: string | null;
  value: number | string;
}
export interface BacktestReport {
  group: string;
  name: string;
  query: string;
  duration: number;
  evaluations: number;
  fired: number;
  pendingOnly: number;
  firingSeconds: number;
  failures: number;
  lastError: string;
  episodes: Episode[];
}
/** Nothing is evaluated before the first stored sample: from there on, which may be later than asked. */
export interface BacktestAnswer {
  evaluatedFrom: string;
  evaluatedTo: string;
  rules: BacktestReport[];
}
export const backtest = (rules: string, start: number, end: number, options?: AskOptions) =>
  ask<BacktestAnswer>("backtest", { start, end }, { ...options, method: "POST", body: rules, contentType: "application/yaml" });

export interface Noise {
  alertname: string;
  fired: number;
  alerts: number;
  flaps: number;
  brief: number;
  pages: number;
  suppressed: number;
  acknowledged: number;
  acknowledgedBrief: number;
  medianSeconds: number;
  score: number;
}
export const noise = (start: number, end: number, options?: AskOptions) => ask<Noise[]>("alerts/noise", { start, end }, options);
