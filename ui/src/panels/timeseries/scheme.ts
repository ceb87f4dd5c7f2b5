// Series that are coloured by value: the colours along an axis, of thresholds with an edge at each, of a scheme without.
import { numberOf, objectOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { schemeColor, schemeOfMode, withAlpha } from "../../dashboard/field/colors";
import { thresholdsOf } from "../../dashboard/field/display";
import type { Axis } from "./picture";

export interface Stop {
  value: number; // from which on it has this colour
  color: string;
}

export interface Stops {
  list: readonly Stop[]; // by rising value
  edges: boolean; // else one colour passes over into the next
}

const BLENDS = 12;

/** Undefined where the colour of a series is not one of its values. `low` and `high` are what its axis shows of data. */
export function stopsOf(config: JsonObject, axis: Pick<Axis, "min" | "max">, low: number, high: number): Stops | undefined {
  const mode = textOf(objectOf(config.color).mode);
  if (mode === "thresholds") {
    const { percentage, steps } = thresholdsOf(config);
    const [from, to] = [axis.min ?? 0, axis.max ?? 100];
    return { edges: true, list: percentage ? steps.map((step) => ({ ...step, value: step.value === -Infinity ? step.value : from + (step.value / 100) * (to - from) })) : steps };
  }
  if (!mode.startsWith("continuous-")) return undefined;
  const scheme = schemeOfMode(mode);
  const [from, to] = [numberOf(config.min, low), numberOf(config.max, high)];
  return { edges: false, list: Array.from({ length: BLENDS }, (_, i) => ({ value: from + ((to - from) * i) / (BLENDS - 1), color: schemeColor(scheme, i / (BLENDS - 1)) })) };
}

export function colorAt({ list }: Stops, value: number): string {
  let found = list[0]!;
  for (const stop of list) if (value >= stop.value) found = stop;
  return found.color;
}

/** From the bottom of the plot to its top; `shareOf` leads from a value to its height in it, 0 to 1 inside. */
export function gradientOf(pen: CanvasRenderingContext2D, { list, edges }: Stops, box: { top: number; height: number }, shareOf: (value: number) => number, alpha: number): CanvasGradient {
  const out = pen.createLinearGradient(0, box.top + box.height, 0, box.top);
  list.forEach(({ value, color }, i) => {
    // An axis without extent or a plot without height has no places, and a stop at none would stop the drawing.
    const place = value === -Infinity ? 0 : shareOf(value);
    const share = Number.isNaN(place) ? 0 : Math.min(1, Math.max(0, place));
    const before = list[i - 1];
    if (edges && before !== undefined) out.addColorStop(share, known(withAlpha(before.color, alpha)));
    out.addColorStop(share, known(withAlpha(color, alpha)));
  });
  return out;
}

// A word of a board that is no colour would stop the drawing.
function known(color: string): string {
  return CSS.supports("color", color) ? color : "#8b98a9";
}
