// What a heatmap draws and where: what the panel says of its looks, worked out once, and the picture of an answer.
import type { Exemplar, PanelData } from "../../dashboard/data/panel_source";
import { schemeColor, withAlpha, cssColor as boardColor } from "../../dashboard/field/colors";
import { formatValue } from "../../dashboard/field/units";
import type { Panel } from "../../dashboard/model/board";
import { flagOf, numberOf, objectOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { clock, date, dateAndClock } from "../../time/zone";
import { heatMaximum, heatOf, rowOfValue, valueFilterOf, type Heat, type ValueFilter } from "./buckets";

/** Of the width, for names of rows that are long. */
const LABELS_SHARE = 0.3;
export const LABEL_LETTER = 6.4; // px of its type, on the average
export const FOOT = 20; // pixels of the axis of time
export const SCALE = 20; // and of the colour scale below it

export interface HeatLook {
  filter: ValueFilter;
  unit: string; // of the axis of buckets
  decimals: number | undefined;
  countText: (value: number) => string;
  most: number | undefined; // ends of the colour scale, where the panel sets them
  least: number;
  exponent: number;
  palette: readonly string[];
  placed: string; // where the axis stands: left, right, hidden …
  reverse: boolean;
  scale: boolean;
  words: string; // whether cells tell their number: auto, always, never
  gap: number;
  radius: number;
  exemplar: string; // colour
}

export function heatLook({ options, fieldConfig }: Panel, theme: "dark" | "light"): HeatLook {
  const axis = objectOf(options.yAxis);
  const color = objectOf(options.color);
  const cell = objectOf(options.cellValues);
  return {
    filter: valueFilterOf(options),
    unit: textOf(axis.unit) || textOf(fieldConfig.defaults.unit),
    decimals: numberOf(axis.decimals),
    countText: (value) => formatValue(value, textOf(cell.unit), numberOf(cell.decimals)),
    most: numberOf(color.max),
    least: numberOf(color.min, 0),
    // Grafana bends the scale by default, as the eye sees small counts beside large ones only so; "linear" is straight.
    exponent: textOf(color.scale, "exponential") === "linear" ? 1 : Math.min(10, Math.max(0.01, numberOf(color.exponent, 0.5))),
    palette: paletteOf(color, Math.min(128, Math.max(2, numberOf(color.steps, 64))), theme),
    placed: textOf(axis.axisPlacement, "left"),
    reverse: flagOf(axis.reverse),
    scale: flagOf(objectOf(options.legend).show, true),
    words: textOf(options.showValue, "auto"),
    gap: numberOf(options.cellGap, 1),
    radius: Math.max(0, numberOf(options.cellRadius, 0)),
    exemplar: boardColor(textOf(objectOf(options.exemplars).color, "rgba(255,0,255,0.7)")),
  };
}

// Between two hues, over a middle: these have no end that is nearest to the ground.
const DIVERGING = /^(Spectral|Rd|Gr|Bl|Yl)[A-Z]/;

// Few is near the ground, many stands out: schemes run from dark to light on a dark board, and back on a light one.
function paletteOf(color: JsonObject, steps: number, theme: "dark" | "light"): string[] {
  if (color.mode === "opacity") {
    const fill = boardColor(textOf(color.fill, "dark-orange"));
    return Array.from({ length: steps }, (_, i) => withAlpha(fill, 0.08 + (0.92 * i) / (steps - 1)));
  }
  const scheme = textOf(color.scheme, "Oranges");
  const back = (color.reverse === true) !== (theme === "light" && !DIVERGING.test(scheme) && scheme !== "Spectral");
  return Array.from({ length: steps }, (_, i) => {
    const share = i / (steps - 1);
    return schemeColor(scheme, back ? (theme === "light" ? 0.9 - 0.9 * share : 1 - share) : 0.12 + 0.88 * share);
  });
}

export interface HeatPicture {
  look: HeatLook;
  heat: Heat;
  interval: { from: number; to: number }; // Unix seconds
  step: number; // seconds that a column covers
  labels: readonly string[]; // of rows
  most: number; // the end of the colour scale
  scaled: boolean; // it is shown
  width: number; // CSS pixels of the canvas
  height: number;
  gutter: number; // of it, for the labels
  box: HeatBox;
  exemplars: readonly Exemplar[];
}

export function heatPicture(look: HeatLook, panel: Panel, data: PanelData, width: number, height: number): HeatPicture {
  const heat = heatOf(panel, data);
  const most = look.most ?? heatMaximum(heat.rows, look.filter);
  const labels = heat.rows.map((row) => (row.label !== "" ? row.label : boundText(row.upper, look.unit, look.decimals)));
  let longest = 0;
  for (const label of labels) longest = Math.max(longest, label.length);
  const gutter = look.placed === "hidden" ? 4 : Math.min(Math.max(120, width * LABELS_SHARE), Math.max(34, longest * LABEL_LETTER + 10));
  const scaled = look.scale && height > 110 && heat.rows.length > 0 && most > look.least;
  const plotHeight = height - (scaled ? SCALE : 0);
  const step = heat.wide ?? data.step;
  const box = boxOf(heat, data.interval, step, { width, height: plotHeight, gutter, right: look.placed === "right", reverse: look.reverse });
  return { look, heat, interval: data.interval, step, labels, most, scaled, width, height: plotHeight, gutter, box, exemplars: data.answers.flatMap((a) => a.exemplars ?? []) };
}

export function boundText(value: number, unit: string, decimals?: number): string {
  return value === Infinity ? "+∞" : value === -Infinity ? "−∞" : formatValue(value, unit, decimals);
}

/** When a column is. One of a width that the board asks for says from when to when: its end may not have come yet. */
export function columnText({ times, wide }: Pick<Heat, "times" | "wide">, column: number, zone: string): string {
  const end = times[column]!;
  if (wide === undefined) return dateAndClock(end, zone);
  const begin = end - wide;
  return `${dateAndClock(begin, zone)} – ${date(begin, zone) === date(end, zone) ? clock(end, zone) : dateAndClock(end, zone)}`;
}

/** How far up the colour scale a value lies, from 0 to 1. */
export function shareOf(value: number, { look: { least, exponent }, most }: Pick<HeatPicture, "look" | "most">): number {
  return most > least ? Math.min(1, Math.max(0, (value - least) / (most - least))) ** exponent : 0;
}

interface Layout {
  width: number;
  height: number;
  gutter: number;
  right: boolean; // the axis of rows is on the right
  reverse: boolean;
}

export type HeatBox = ReturnType<typeof boxOf>;

function boxOf(heat: Heat, interval: { from: number; to: number }, step: number, { width, height, gutter, right, reverse }: Layout) {
  const span = interval.to - interval.from || 1;
  const left = right ? 2 : gutter;
  const room = Math.max(1, width - gutter - (right ? 2 : 0));
  const scale = room / span;
  const cellWidth = Math.max(1, step * scale);
  const cellHeight = (height - FOOT) / heat.rows.length;
  const last = heat.rows.length - 1;
  return {
    left,
    width: room,
    cellWidth,
    cellHeight,
    // A point at time t tells of the step that ends there.
    x: (i: number) => left + (heat.times[i]! - interval.from) * scale - cellWidth,
    y: (row: number) => (reverse ? row : last - row) * cellHeight,
    rowAt: (top: number) => (reverse ? Math.floor(top / cellHeight) : last - Math.floor(top / cellHeight)),
    columnAt: (at: number) => {
      const time = interval.from + (at - left) / scale + step;
      let found = -1;
      for (let i = 0; i < heat.times.length; i++) if (heat.times[i]! <= time) found = i;
      return found;
    },
    reverse,
  };
}

/** Where an exemplar lies: in the row of its value, as far up as the value is in it. */
export function placeOf(exemplar: Exemplar, { heat, box, interval }: HeatPicture): { x: number; y: number } | undefined {
  const found = rowOfValue(heat, exemplar.value);
  const x = box.left + ((exemplar.time - interval.from) / (interval.to - interval.from || 1)) * box.width;
  if (found === undefined || x < box.left || x > box.left + box.width) return undefined;
  const within = box.reverse ? found.share : 1 - found.share;
  return { x, y: box.y(found.row) + within * box.cellHeight };
}
