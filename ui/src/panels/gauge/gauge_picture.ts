// What a gauge shows, worked out of its values: each dial's arcs, marks and texts.
import { readableOn } from "../../dashboard/field/colors";
import { displayerOf, thresholdsOf } from "../../dashboard/field/display";
import { flagOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import { emsOf, fitSize } from "../fit_text";
import { cellsFor, filledOf, type Cells } from "../shown";
import { isLinked } from "../written";

export interface GaugeLook {
  markers: boolean;
  labels: boolean;
  theme: "dark" | "light";
}

/** Lengths are CSS pixels. */
export interface Dial {
  shown: ShownValue;
  low: number;
  high: number;
  room: number; // the height of the ring's picture
  thick: number;
  cx: number;
  cy: number;
  ring: string; // paths
  filled: string; // "" where the value is at the bottom of the scale
  marks: { path: string; color: string }[];
  labels: { x: number; y: number; text: string }[];
  size: number; // of the value's text
  color: string; // of it
}

export interface GaugePicture {
  cells: Cells;
  dials: Dial[];
}

const START = -210;
const SWEEP = 240; // degrees
const LABELLED_PX = 52; // the least radius with room for labels

export function gaugeLook({ options }: Panel, theme: "dark" | "light"): GaugeLook {
  return { markers: flagOf(options.showThresholdMarkers, true), labels: flagOf(options.showThresholdLabels), theme };
}

export function gaugePicture(look: GaugeLook, values: readonly ShownValue[], width: number, height: number): GaugePicture {
  const cells = cellsFor(values.length, width, height, 1.25);
  // All of one panel are written in the same size.
  let ems = 1.6;
  for (const { display } of values) ems = Math.max(ems, emsOf(display.prefix) + emsOf(display.number) + emsOf(display.suffix) * 0.6);
  return { cells, dials: values.map((shown) => dialOf(look, shown, cells, values.length > 1, ems)) };
}

/** Whether the same elements show both: the scales and what is marked on them are the same. */
export function hasSameElements({ dials }: GaugePicture, before: GaugePicture): boolean {
  return dials.length === before.dials.length && dials.every((dial, i) => isAlike(dial, before.dials[i]!));
}

function isAlike(a: Dial, b: Dial): boolean {
  return a.shown.key === b.shown.key && a.shown.field === b.shown.field && a.low === b.low && a.high === b.high && !isLinked(a.shown);
}

function point(cx: number, cy: number, r: number, share: number): [x: string, y: string] {
  const angle = ((START + SWEEP * share) * Math.PI) / 180;
  return [(cx + r * Math.cos(angle)).toFixed(2), (cy + r * Math.sin(angle)).toFixed(2)];
}

// A piece of the ring, between two shares of its whole.
function arc(cx: number, cy: number, r: number, from: number, to: number): string {
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M ${point(cx, cy, r, from).join(" ")} A ${r} ${r} 0 ${large} 1 ${point(cx, cy, r, to).join(" ")}`;
}

function dialOf(look: GaugeLook, shown: ShownValue, { width, height }: Cells, named: boolean, ems: number): Dial {
  const { display, value } = shown;
  const { config } = shown.field;
  const low = typeof config.min === "number" ? config.min : 0;
  const high = typeof config.max === "number" ? config.max : defaultMax(config.unit, shown.high);
  const share = filledOf(value, low, high);
  const room = height - (named ? 18 : 0);
  const thick = Math.max(5, Math.min(20, Math.min(width, room) * 0.11));
  const outer = Math.max(10, Math.min((width - 8) / 2, (room - 6) / 1.55));
  const r = outer - thick / 2 - (look.markers ? thick * 0.42 : 0);
  const cx = width / 2;
  const cy = outer + Math.max(2, (room - outer * 1.52) / 2);
  return {
    shown, low, high, room, thick, cx, cy,
    ring: arc(cx, cy, r, 0, 1),
    filled: share > 0 ? arc(cx, cy, r, 0, share) : "",
    ...scaleOf(shown, look, low, high, { cx, cy, outer, labelled: r - thick, wide: r > LABELLED_PX }),
    size: fitSize(ems, (r - thick / 2) * 1.75, 34, 9, 34),
    color: readableOn(display.color, look.theme),
  };
}

// The thresholds around the ring.
function scaleOf({ field }: ShownValue, look: GaugeLook, low: number, high: number, { cx, cy, outer, labelled, wide }: { cx: number; cy: number; outer: number; labelled: number; wide: boolean }): Pick<Dial, "marks" | "labels"> {
  if (!look.markers && !look.labels) return { marks: [], labels: [] };
  const { steps, percentage } = thresholdsOf(field.config);
  const at = (v: number) => (percentage ? v / 100 : (v - low) / (high - low || 1));
  const edges = steps.map(({ color, value }, i) => ({ color, from: Math.max(0, value === -Infinity ? 0 : at(value)), to: Math.min(1, steps[i + 1] === undefined ? 1 : at(steps[i + 1]!.value)) }));
  const plain = displayerOf({ ...field.config, mappings: [] });
  return {
    marks: look.markers ? edges.filter(({ from, to }) => to > from).map(({ color, from, to }) => ({ color, path: arc(cx, cy, outer - 1.5, from, to) })) : [],
    labels:
      look.labels && wide
        ? steps.filter(({ value }) => Number.isFinite(value) && at(value) >= 0 && at(value) <= 1).map(({ value }) => {
            const [x, y] = point(cx, cy, labelled, at(value));
            return { x: Number(x), y: Number(y), text: plain(value).text };
          })
        : [],
  };
}

function defaultMax(unit: unknown, high: number): number {
  if (unit === "percentunit") return 1;
  return unit === "percent" || high <= 100 ? 100 : high;
}
