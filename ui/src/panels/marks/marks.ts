// Annotations: moments and spans drawn on every graph of a board, from queries and from the server's own list.
import type { LabelSet } from "../../api/prometheus";
import { cssColor } from "../../dashboard/field/colors";
import { arrayOf, flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import type { AnnotationJson } from "../../dashboard/model/board";
import type { Aligned } from "../../dashboard/data/prometheus_frames";
import { legendOf } from "../../dashboard/data/legend";
import { durationMs } from "../../time/duration";

export interface Mark {
  from: number; // Unix seconds
  to: number; // equal to `from` for a moment
  title: string;
  text: string;
  tags: string[];
  color: string;
  source: string; // the annotation's name, which the switch above the board shows
  panelId?: number;
  /** Of one that was posted, and so can be changed; `board` is "" when every board shows it. */
  id?: number;
  board?: string;
}

/** A graph asks for a mark: a new one over a span, or one that is there to be changed. Unix seconds. */
export interface MarkRequest {
  panelId: number;
  from: number;
  to: number; // equal to `from` for a moment
  mark?: Mark;
}

export type MarkQuestion =
  | { kind: "query"; expr: string; step: number }
  | { kind: "server"; tags: string[]; matchAny: boolean; limit: number; type: string }
  | { kind: "none" };

const known = new WeakMap<AnnotationJson, MarkQuestion>();

/** What an annotation of a board asks. */
export function markQuestion(json: AnnotationJson): MarkQuestion {
  let question = known.get(json);
  if (question === undefined) known.set(json, (question = readQuestion(json)));
  return question;
}

// Old boards have `expr` at the top, newer ones inside `target`.
function readQuestion(json: AnnotationJson): MarkQuestion {
  const target = objectOf(json.target);
  const expr = textOf(json.expr) || textOf(target.expr);
  if (expr !== "") {
    const step = durationMs(textOf(json.step) || textOf(target.step) || textOf(target.interval));
    return { kind: "query", expr, step: step === undefined ? 0 : step / 1000 };
  }
  const type = textOf(target.type, textOf(json.type, "dashboard"));
  return { kind: "server", tags: textsOf(target.tags ?? json.tags), matchAny: flagOf(target.matchAny), limit: Number(target.limit ?? 100) || 100, type };
}

// A series of a query marks the spans in which it has a value other than zero; with `useValueForTime` its
// values are the moments, in milliseconds.
export function marksOfSeries(json: AnnotationJson, answer: Aligned, step: number): Mark[] {
  const color = cssColor(json.iconColor);
  const title = textOf(json.titleFormat);
  const text = textOf(json.textFormat);
  const keys = textOf(json.tagKeys).split(",").map((k) => k.trim()).filter((k) => k !== "");
  const byValue = json.useValueForTime === true || json.useValueForTime === "on";
  const out: Mark[] = [];
  for (const { metric, values } of answer.series) {
    const base = {
      title: legendOf(title, metric) || (title === "" ? (metric.alertname ?? json.name) : title),
      text: legendOf(text, metric) || labelsText(metric),
      tags: keys.map((key) => metric[key]).filter((v): v is string => v !== undefined && v !== ""),
      color,
      source: json.name,
    };
    if (byValue) {
      for (const value of new Set(values)) if (Number.isFinite(value) && value > 0) out.push({ ...base, from: value / 1000, to: value / 1000 });
      continue;
    }
    let start = NaN;
    let last = NaN;
    for (let i = 0; i < values.length; i++) {
      const on = !Number.isNaN(values[i]!) && values[i] !== 0;
      const time = answer.times[i]!;
      if (on && !Number.isNaN(start) && time - last <= step * 1.5) last = time;
      else if (on) {
        if (!Number.isNaN(start)) out.push({ ...base, from: start, to: last });
        start = last = time;
      }
    }
    if (!Number.isNaN(start)) out.push({ ...base, from: start, to: last });
  }
  return out.slice(0, 1000);
}

function labelsText(metric: LabelSet): string {
  return Object.entries(metric).filter(([k]) => k !== "__name__").map(([k, v]) => `${k}=${v}`).join(" ");
}

// The server's own: deployments, configuration changes, rollouts, notes; what POST /api/annotations brought.
export function marksOfServer(answer: unknown, source: string, color: string): Mark[] {
  return arrayOf(answer).map((item): Mark => {
    const json = objectOf(item);
    const from = Number(json.time) / 1000;
    const to = Number(json.timeEnd) > 0 ? Number(json.timeEnd) / 1000 : from;
    const mark: Mark = { from, to, title: textOf(json.title), text: textOf(json.text), tags: textsOf(json.tags), color: cssColor(color), source };
    if (Number(json.panelId) > 0) mark.panelId = Number(json.panelId);
    if (Number(json.id) > 0) Object.assign(mark, { id: Number(json.id), board: textOf(json.dashboardUID) });
    return mark;
  }).filter((m) => Number.isFinite(m.from));
}
