// What a pie shows, worked out of its values: slices in their order, their labels, the legend.
import { arrayOf, flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import { isHiddenFrom, seriesColorOf } from "../../dashboard/field/display";
import { textOn } from "../../dashboard/field/colors";
import { formatValue } from "../../dashboard/field/units";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import { emsOf } from "../fit_text";
import { isLinked } from "../written";

export interface PieLook {
  sort: string;
  legend: boolean;
  place: "right" | "bottom" | undefined; // of the legend; where the board says nothing, where there is more room
  flows: boolean; // names in lines, not a list
  columns: string[];
  donut: boolean;
  labels: string[];
}

export interface Slice {
  of: Listed;
  path: string;
  /** Where it has room for them. */
  label: { x: number; y: number; texts: string[]; color: string } | undefined;
}

/** A value in the order of the pie. */
export interface Listed {
  shown: ShownValue;
  color: string;
  share: number;
  percent: string;
}

/** Lengths are CSS pixels. */
export interface PiePicture {
  listed: Listed[];
  slices: Slice[]; // of what is above 0
  total: number;
  side: boolean; // the legend stands beside the pie
  legendSize: number;
  size: number;
  r: number;
  hole: number;
}

const LEGEND_ROW = 20;
const LOW = 120; // pixels: below such a pie there is no room for a legend
const LABEL_ROW = 13;
const SIDE_GAP = 12; // between a pie and the legend at its side
const LEGEND_FONT = 11.5;
const LEGEND_GAP = 6; // between the columns of a legend
const LEGEND_NAME = 40; // a swatch and the beginning of a name
const LEGEND_PERCENT = 42;
const FLOW_SWATCH = 15; // with the gap behind it
const FLOW_GAP = 12; // between names
const LEGEND_STEP = 8; // so that it is not another one for each digit

export function pieLook({ options }: Panel): PieLook {
  const legend = objectOf(options.legend);
  const columns = textsOf(legend.values);
  return {
    sort: textOf(options.sort, "desc"),
    legend: flagOf(legend.showLegend, true) && legend.displayMode !== "hidden",
    place: legend.placement === "right" || legend.placement === "bottom" ? legend.placement : undefined,
    // A board that says something of its legend says which values.
    columns: options.legend === undefined ? ["value", "percent"] : columns,
    flows: columns.length === 0 && options.legend !== undefined && legend.displayMode !== "table",
    donut: options.pieType === "donut",
    labels: textsOf(options.displayLabels),
  };
}

export function piePicture(look: PieLook, values: readonly ShownValue[], width: number, height: number): PiePicture {
  const listed = listOf(values, look.sort);
  const total = listed.reduce((sum, { shown }) => sum + Math.max(0, shown.value), 0);
  for (const one of listed) {
    one.share = total === 0 ? 0 : Math.max(0, one.shown.value) / total;
    one.percent = formatValue(one.share, "percentunit", 1);
  }
  // Beside a pie in a narrow panel no name would be left of: then the legend stands below.
  const beside = look.place === "right" ? width >= 200 + 70 * look.columns.length || height < 170 || width > height * 1.5 : false;
  const side = beside || (width > height * 1.5 && (look.place === undefined || height < LOW));
  const legendSize = !look.legend ? 0 : side ? Math.min(240, Math.max(width * 0.5, width - Math.max(90, height * 0.8), legendNeeds(look, listed))) : Math.min(height * 0.4, (look.flows ? flowLines(listed, width) : listed.length) * LEGEND_ROW + 4);
  const size = Math.max(40, Math.min(side ? width - legendSize - SIDE_GAP : width - 6, side ? height - 6 : height - legendSize - 6));
  const r = size / 2 - 2;
  const hole = look.donut ? r * 0.62 : 0;
  let angle = -Math.PI / 2;
  const slices: Slice[] = [];
  for (const of of listed) {
    if (!(of.shown.value > 0)) continue;
    const sweep = of.share * Math.PI * 2;
    slices.push({ of, path: slicePath(size / 2, r, hole, angle, sweep), label: labelOf(look, of, size / 2, r, hole, angle, sweep) });
    angle += sweep;
  }
  return { listed, slices, total, side, legendSize, size, r, hole };
}

/** Whether the same elements show both: the same slices in the same order, those with labels the same. */
export function hasSameElements(next: PiePicture, before: PiePicture): boolean {
  if (next.listed.length !== before.listed.length || next.slices.length !== before.slices.length || next.legendSize !== before.legendSize) return false;
  for (let i = 0; i < next.listed.length; i++) {
    const a = next.listed[i]!.shown;
    const b = before.listed[i]!.shown;
    if (a.key !== b.key || a.field !== b.field || isLinked(a)) return false;
  }
  return next.slices.every(({ of, label }, i) => of.shown.key === before.slices[i]!.of.shown.key && label?.texts.length === before.slices[i]!.label?.texts.length);
}

function listOf(values: readonly ShownValue[], sort: string): Listed[] {
  const listed = values
    .filter(({ value, field }) => Number.isFinite(value) && !isHiddenFrom(field.config, "viz"))
    .map((shown, i) => ({ shown, color: colorOf(shown, i), share: 0, percent: "" }));
  if (sort !== "none") listed.sort((a, b) => (sort === "asc" ? a.shown.value - b.shown.value : b.shown.value - a.shown.value));
  return listed;
}

// The width that has room for the numbers of a legend.
function legendNeeds({ columns }: PieLook, listed: readonly Listed[]): number {
  let value = 0;
  let percent = 0;
  for (const one of listed) {
    value = Math.max(value, emsOf(one.shown.display.text));
    percent = Math.max(percent, emsOf(one.percent));
  }
  const wide = LEGEND_NAME + (columns.includes("value") ? LEGEND_GAP + value * LEGEND_FONT : 0) + (columns.includes("percent") ? LEGEND_GAP + Math.max(LEGEND_PERCENT, percent * LEGEND_FONT) : 0);
  return Math.ceil(wide / LEGEND_STEP) * LEGEND_STEP;
}

// Lines that the names take which follow each other.
function flowLines(listed: readonly Listed[], width: number): number {
  let lines = 1;
  let used = 0;
  for (const { shown } of listed) {
    const name = Math.min(width, FLOW_SWATCH + emsOf(shown.title) * LEGEND_FONT + FLOW_GAP);
    if (used + name > width) {
      lines++;
      used = 0;
    }
    used += name;
  }
  return lines;
}

function colorOf({ field, title, value, display }: ShownValue, i: number): string {
  const { mode } = objectOf(field.config.color);
  if (display.judged && arrayOf(field.config.mappings).length > 0) return display.color;
  const own = mode !== undefined && mode !== "palette-classic" && mode !== "thresholds";
  return seriesColorOf(own ? field.config : { color: { mode: "palette-classic" } }, i, title, value);
}

function labelOf({ labels, donut }: PieLook, { shown, color, percent }: Listed, centre: number, r: number, hole: number, angle: number, sweep: number): Slice["label"] {
  if (labels.length === 0) return undefined;
  const texts = labels.map((label) => (label === "name" ? shown.title : label === "percent" ? percent : shown.display.text));
  const away = donut ? (r + hole) / 2 : r * 0.66;
  const room = Math.min(sweep, Math.PI / 2) * away;
  const wide = texts.reduce((most, text) => Math.max(most, text.length), 0) * 6 + 4;
  if (!(room > texts.length * 12 && wide < (donut ? r - hole : r * 0.95))) return undefined;
  const middle = angle + sweep / 2;
  return { x: centre + away * Math.cos(middle), y: centre + away * Math.sin(middle) - ((texts.length - 1) * LABEL_ROW) / 2 + 4, texts, color: textOn(color) };
}

function slicePath(centre: number, r: number, hole: number, from: number, sweep: number): string {
  const full = sweep >= Math.PI * 2 - 1e-6;
  const to = from + (full ? Math.PI * 2 - 1e-4 : sweep);
  const at = (radius: number, angle: number) => `${(centre + radius * Math.cos(angle)).toFixed(2)} ${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  const large = to - from > Math.PI ? 1 : 0;
  if (hole === 0) return `M ${centre} ${centre} L ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} Z`;
  return `M ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} L ${at(hole, to)} A ${hole} ${hole} 0 ${large} 0 ${at(hole, from)} Z`;
}
