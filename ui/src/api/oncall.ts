// On-call below /api/v1/oncall. A server without an on-call section answers with empty lists.
import { ask, type AskOptions } from "./client";
import type { LabelSet } from "./prometheus";

export interface Override {
  id: string;
  users: string[];
  from: string;
  to: string;
  by: string;
}
export interface Schedule {
  name: string;
  zone: string;
  onCall: string[];
  next: { at: string; users: string[] } | null;
  overrides: Override[];
}
export const schedules = (options?: AskOptions) => ask<Schedule[]>("oncall/schedules", {}, options);

export interface Shift {
  users: string[];
  from: string;
  to: string;
}
export const shifts = (name: string, from: number, to: number, options?: AskOptions) =>
  ask<Shift[]>(`oncall/schedules/${encodeURIComponent(name)}/shifts`, { from, to }, options);

export const addOverride = (schedule: string, override: { users: string[]; from: string; to: string; by: string }) =>
  ask<{ id: string }>(`oncall/schedules/${encodeURIComponent(schedule)}/overrides`, {}, { body: override });
export const removeOverride = (id: string) => ask<null>(`oncall/overrides/${encodeURIComponent(id)}`, {}, { method: "DELETE" });

export interface Escalation {
  id: string;
  policy: string;
  state: string;
  groupKey: string;
  groupLabels: LabelSet;
  startedAt: string;
  step: number;
  round: number;
  nextStepAt: string | null;
  owner: string;
  note: string;
  acknowledgedUntil: string | null;
  told: string[];
  alerts: string[];
}
export const escalations = (options?: AskOptions) => ask<Escalation[]>("oncall/escalations", {}, options);

export interface Acknowledgement {
  alert: string;
  labels: LabelSet;
  owner: string;
  note: string;
  at: string;
  until: string | null;
}
export const acknowledgements = (options?: AskOptions) => ask<Acknowledgement[]>("oncall/acknowledgements", {}, options);
export const acknowledge = (take: { alerts: string[]; owner: string; note?: string; until?: string }) =>
  ask<Acknowledgement[]>("oncall/acknowledge", {}, { body: take });
export const unacknowledge = (alerts: string[]) => ask<null>("oncall/unacknowledge", {}, { body: { alerts } });

export interface Heartbeat {
  name: string;
  missed: boolean;
  lastSeen: string | null;
  deadline: string | null;
}
export const heartbeats = (options?: AskOptions) => ask<Heartbeat[]>("oncall/heartbeats", {}, options);
export interface Maintenance {
  name: string;
  comment: string;
  matchers: string[];
  windows: { from: string; to: string }[];
}
export const maintenance = (options?: AskOptions) => ask<Maintenance[]>("oncall/maintenance", {}, options);

/** Sends an alert with these labels through the real route: people are told. */
export const testPage = (labels: LabelSet, by: string) =>
  ask<{ receiver: string; integrations: string[]; groupWait: number }[]>("oncall/test", {}, { body: { labels, by } });
