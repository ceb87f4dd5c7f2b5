// What a bar gauge shows, worked out of its values: how long each bar is, and what it is painted with.
import { flagOf, numberOf, textOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import { readableOn, schemeColor, schemeOfMode, withAlpha } from "../../dashboard/field/colors";
import { stepFor, thresholdsOf } from "../../dashboard/field/display";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import { filledOf } from "../shown";
import { isLinked } from "../written";

export interface BarLook {
  orientation: string;
  mode: string;
  track: boolean;
  least: number; // CSS pixels across a bar
  most: number;
  placement: string;
  written: string; // "color", "text" or "hidden"
  theme: "dark" | "light";
}

export interface Bar {
  shown: ShownValue;
  size: string; // of its track
  paint: string;
  color: string; // of the value's text, "" for that of the page
}

export interface BarPicture {
  lying: boolean;
  named: boolean;
  bars: Bar[];
}

export function barLook({ options }: Panel, theme: "dark" | "light"): BarLook {
  const manual = options.sizing === "manual";
  const least = manual ? numberOf(options.minVizHeight, 18) : 18;
  return {
    orientation: textOf(options.orientation, "auto"), mode: textOf(options.displayMode, "gradient"), track: flagOf(options.showUnfilled, true),
    least, most: manual ? Math.max(least, numberOf(options.maxVizHeight, 300)) : 46,
    placement: textOf(options.namePlacement, "auto"), written: textOf(options.valueMode, "color"), theme,
  };
}

export function barPicture(look: BarLook, values: readonly ShownValue[], width: number, height: number): BarPicture {
  const lying = look.orientation === "horizontal" || (look.orientation === "auto" && (width > height * 1.2 || values.length > 8));
  const named = look.placement !== "hidden" && (values.length > 1 || values[0]?.title !== "Value");
  return { lying, named, bars: values.map((shown) => barOf(look, shown, lying)) };
}

/** Whether the same elements show both. */
export function hasSameElements({ bars, lying, named }: BarPicture, before: BarPicture): boolean {
  return lying === before.lying && named === before.named && bars.length === before.bars.length && bars.every(({ shown }, i) => shown.key === before.bars[i]!.shown.key && !isLinked(shown));
}

function barOf({ mode, written, theme }: BarLook, shown: ShownValue, lying: boolean): Bar {
  const { display, value, low, high } = shown;
  const { config } = shown.field;
  const top = typeof config.max === "number" ? config.max : config.unit === "percentunit" ? Math.max(1, high) : config.unit === "percent" ? Math.max(100, high) : high;
  const share = filledOf(value, low, top);
  const paint = mode === "lcd" ? lcd(shown, low, top, lying) : mode === "gradient" ? gradient(shown, low, top, lying, share) : withAlpha(display.color, 0.85);
  return { shown, size: `${(share * 100).toFixed(2)}%`, paint, color: written === "color" ? readableOn(display.color, theme) : "" };
}

function colorAt(shown: ShownValue, share: number, low: number, high: number): string {
  const mode = (shown.field.config.color as { mode?: string } | undefined)?.mode ?? "thresholds";
  if (mode.startsWith("continuous-")) return schemeColor(schemeOfMode(mode), share);
  return mode === "thresholds" ? stepFor(thresholdsOf(shown.field.config), low + share * (high - low), share).color : shown.display.color;
}

function gradient(shown: ShownValue, low: number, high: number, lying: boolean, share: number): string {
  const stops = [0, 0.25, 0.5, 0.75, 1].map((part) => colorAt(shown, part * share, low, high));
  return `linear-gradient(${lying ? "90deg" : "0deg"}, ${stops.join(", ")})`;
}

// Blocks, each in the colour of its place on the scale.
function lcd(shown: ShownValue, low: number, high: number, lying: boolean): string {
  const color = colorAt(shown, (shown.value - low) / (high - low || 1), low, high);
  return `repeating-linear-gradient(${lying ? "90deg" : "0deg"}, ${color} 0 7px, transparent 7px 9px)`;
}
