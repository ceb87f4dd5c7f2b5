// What a stat shows, worked out of its values: texts, colours and sizes of each cell.
import { flagOf, objectOf, textOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import { reduce } from "../../dashboard/field/reducers";
import { formatValue } from "../../dashboard/field/units";
import { readableOn, textOn, withAlpha } from "../../dashboard/field/colors";
import type { History } from "../../dashboard/data/frame";
import type { PanelData } from "../../dashboard/data/panel_source";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import { emsOf, fitSize } from "../fit_text";
import { cellsFor, type Cells } from "../shown";
import { isLinked } from "../written";

/** How a stat is drawn, whatever its values. */
export interface StatLook {
  mode: string;
  filled: boolean;
  area: boolean;
  names: string;
  orientation: string;
  valueSize: number | undefined;
  change: string; // how the change in per cent is coloured, "" for none
  theme: "dark" | "light";
}

export interface Sparkline extends History {
  from: number; // Unix seconds at its edges
  to: number;
  color: string;
  width: number; // CSS pixels
  height: number;
  low: number | undefined; // where its scale begins at the latest
}

export interface StatCell {
  shown: ShownValue;
  /** "" where it is not written. */
  name: string;
  /** The name stands in place of the value. */
  only: boolean;
  color: string;
  ground: string; // "" for that of the panel
  size: number; // CSS pixels
  change: { share: number; text: string; color: string } | undefined;
  spark: Sparkline | undefined;
}

export interface StatPicture {
  cells: Cells;
  list: StatCell[];
}

export function statLook({ options }: Panel, theme: "dark" | "light"): StatLook {
  const mode = textOf(options.colorMode, "value");
  const { valueSize } = objectOf(options.text);
  return {
    mode, filled: mode.startsWith("background"), area: textOf(options.graphMode, "area") === "area", names: textOf(options.textMode, "auto"), orientation: textOf(options.orientation, "auto"),
    valueSize: typeof valueSize === "number" ? valueSize : undefined,
    change: flagOf(options.showPercentChange) ? textOf(options.percentChangeColorMode, "standard") : "",
    theme,
  };
}

export function statPicture(look: StatLook, values: readonly ShownValue[], { interval }: Pick<PanelData, "interval">, width: number, height: number): StatPicture {
  const cells = cellsFor(values.length, width, height, 2.4, 6, look.orientation);
  return { cells, list: values.map((shown) => statCell(look, shown, nameOf(look.names, values.length, shown.title), cells, interval)) };
}

/** Whether the same elements show both. */
export function hasSameElements({ list }: StatPicture, before: StatPicture): boolean {
  return list.length === before.list.length && list.every((cell, i) => isAlike(cell, before.list[i]!));
}

function isAlike(a: StatCell, b: StatCell): boolean {
  const next = a.shown.display;
  const old = b.shown.display;
  if (a.shown.key !== b.shown.key || a.shown.title !== b.shown.title || a.name !== b.name || isLinked(a.shown)) return false;
  return (next.prefix === "") === (old.prefix === "") && (next.suffix === "") === (old.suffix === "") && (a.change === undefined) === (b.change === undefined) && (a.spark === undefined) === (b.spark === undefined);
}

function nameOf(mode: string, count: number, title: string): string {
  if (mode === "value" || mode === "none") return "";
  return mode === "auto" && count === 1 ? "" : title;
}

const TONES: Record<string, readonly [string, string]> = { standard: ["var(--ok)", "var(--critical)"], inverted: ["var(--critical)", "var(--ok)"] };

function statCell(look: StatLook, shown: ShownValue, name: string, { width, height }: Cells, { from, to }: { from: number; to: number }): StatCell {
  const { display, series } = shown;
  const { filled, mode } = look;
  const only = look.names === "name";
  const color = filled ? textOn(display.color) : mode === "none" ? "var(--text)" : readableOn(display.color, look.theme);
  const ground = !filled ? "" : mode === "background_solid" ? display.color : `linear-gradient(150deg, ${display.color}, ${withAlpha(display.color, 0.82)})`;
  const sparkling = look.area && series !== undefined && height > 50 && series.values.length > 2;
  const change = only ? undefined : changeOf(look, series?.values, color);
  const ems = only ? emsOf(name) : emsOf(display.number) + (emsOf(display.prefix) + emsOf(display.suffix)) * 0.55 + 0.15 + (change === undefined ? 0 : 2.4);
  const size = look.valueSize ?? fitSize(ems, width - (filled ? 20 : 12), (height - (name === "" ? 4 : 20)) * (sparkling ? 0.52 : 0.72), 9, 44);
  const spark = !sparkling
    ? undefined
    : { ...series, from, to, color: filled ? color : display.color, width, height: Math.max(16, height - size * 1.2 - (name === "" ? 6 : 24)), low: shown.field.config.min as number | undefined };
  return { shown, name, only, color, ground, size, change, spark };
}

// From the first value to the last, as a share of the first.
function changeOf({ change, filled }: StatLook, values: Float64Array | undefined, color: string): StatCell["change"] {
  const share = change === "" || values === undefined ? NaN : reduce(values, "diffperc");
  if (!Number.isFinite(share)) return undefined;
  const sign = share > 0 ? "▲" : share < 0 ? "▼" : "";
  return { share, text: `${sign} ${formatValue(Math.abs(share), "percentunit", 1)}`, color: filled ? "" : TONES[change] === undefined ? color : share === 0 ? "var(--dim)" : TONES[change]![share > 0 ? 0 : 1] };
}
