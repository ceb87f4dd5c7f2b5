// What an annotation list asks the server, and where a click on one of them leads.
import type { AnnotationJson } from "../../api/dashboards";
import type { Parameters } from "../../api/client";
import { flagOf, numberOf, textOf, textsOf, type JsonObject } from "../../dashboard/model/json";
import { durationSeconds } from "../../time/duration";

export interface ListContext {
  uid: string; // of the board
  from: number; // Unix seconds
  to: number;
  tags: readonly string[]; // clicked on, beside those of the options
  interpolated: (text: string) => string;
}

export function annotationQuery(options: JsonObject, context: ListContext): Parameters {
  const out: Parameters = { type: "annotation", limit: Math.max(1, Math.min(1000, numberOf(options.limit, 10))) };
  const tags = [...textsOf(options.tags).map(context.interpolated), ...context.tags];
  if (tags.length > 0) out.tags = [...new Set(tags)];
  if (flagOf(options.onlyFromThisDashboard)) out.dashboardUID = context.uid;
  if (flagOf(options.onlyInTimeRange)) {
    out.from = Math.round(context.from * 1000);
    out.to = Math.round(context.to * 1000);
  }
  return out;
}

// Its board (or this one) with the range around it, and its panel where the list is to open panels.
export function annotationPlace(options: JsonObject, found: AnnotationJson, uid: string): string {
  const before = (durationSeconds(textOf(options.navigateBefore, "10m")) ?? 600) * 1000;
  const after = (durationSeconds(textOf(options.navigateAfter, "10m")) ?? 600) * 1000;
  const end = found.timeEnd !== undefined && found.timeEnd > found.time ? found.timeEnd : found.time;
  const own = found.dashboardUID !== undefined && found.dashboardUID !== "";
  const search = new URLSearchParams({ from: String(found.time - before), to: String(end + after) });
  if (own && flagOf(options.navigateToPanel, true) && (found.panelId ?? 0) > 0) search.set("viewPanel", String(found.panelId));
  return `/dashboards/${encodeURIComponent(own ? found.dashboardUID! : uid)}?${search}`;
}
