// The data of a panel as a file: the values themselves, not what they were rounded to.
import type { Panel } from "../model/board";
import { displayNameOf } from "../data/frame";
import { preparedFrames } from "../data/panel_frames";
import type { PanelData } from "../data/panel_source";
import { joinByField } from "../data/transform_join";
import { tableCsv } from "../../panels/table/table_model";

export function panelCsv(panel: Panel, data: PanelData): string {
  const { frames } = preparedFrames(panel, data);
  const joined = frames.length > 1 && frames.every((f) => f.fields[0]?.type === "time") ? joinByField(frames, {}) : frames;
  return joined
    .map((frame) => tableCsv(frame.fields.map((field) => ({ name: displayNameOf(field, frame, joined), values: field.values, time: field.type === "time" })), frame.length))
    .join("\r\n");
}

export function panelJson(panel: Panel, data: PanelData): string {
  const { frames } = preparedFrames(panel, data);
  const out = {
    title: panel.title,
    from: data.interval.from,
    to: data.interval.to,
    queries: data.answers.map((a) => ({ refId: a.question.refId, expr: a.question.expr, step: a.question.step, error: a.error })),
    frames: frames.map((frame) => ({
      refId: frame.refId,
      name: frame.name,
      fields: frame.fields.map((field) => ({ name: displayNameOf(field, frame, frames), type: field.type, labels: field.labels, values: Array.from(field.values as ArrayLike<unknown>, plain) })),
    })),
  };
  return JSON.stringify(out, undefined, 2);
}

// JSON has no NaN and no infinity: they travel as the words Prometheus uses.
function plain(value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value ?? null;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

export function fileName(title: string, ending: string): string {
  const safe = title.trim().replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 80);
  return `${safe || "panel"}.${ending}`;
}

export function download(name: string, content: string | Blob, type = "text/plain"): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
