// What a timeline of states draws and where.
import type { DataFrame } from "../../dashboard/data/frame";
import type { PanelData } from "../../dashboard/data/panel_source";
import type { Panel } from "../../dashboard/model/board";
import { flagOf, numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { writeAttribute, writeText } from "../written";
import { stateRows, type StateRow } from "./states";

export const FOOT = 20; // pixels of the axis of time
export const LEGEND = 20;
const STATES_MAX = 12;
const ROWS_TOLD = 200;

export interface StatePicture {
  rows: StateRow[];
  interval: { from: number; to: number }; // Unix seconds
  states: readonly (readonly [text: string, color: string])[];
  /** What is said of each row where no picture is seen: its last state, and the value behind it. */
  told: readonly { name: string; text: string; value: string | number }[];
  legend: boolean;
  history: boolean; // each step is a block of its own
  words: string; // whether blocks tell their state
  gutter: number; // pixels for the names of rows
  width: number;
  bottom: number;
  rowHeight: number;
  block: number; // height of a block in its row
}

export function statePicture(panel: Panel, frames: readonly DataFrame[], data: PanelData, width: number, height: number): StatePicture {
  const history = panel.type === "status-history";
  const rows = stateRows(frames, data.step, !history && flagOf(panel.options.mergeValues, true));
  const states = statesOf(rows);
  const wanted = objectOf(panel.options.legend);
  const legend = states.length <= 8 && height > 90 && flagOf(wanted.showLegend, true) && wanted.displayMode !== "hidden";
  const bottom = height - (legend ? LEGEND : 0);
  let longest = 0;
  for (const { name } of rows) longest = Math.max(longest, name.length);
  const rowHeight = rows.length === 0 ? 0 : (bottom - FOOT) / rows.length;
  const told = [];
  for (const { name, pieces } of rows.slice(0, ROWS_TOLD)) {
    const last = pieces[pieces.length - 1];
    told.push({ name, text: last?.display.text ?? "", value: last === undefined ? "" : typeof last.raw === "string" ? last.raw : last.value });
  }
  return {
    rows, interval: data.interval, states, told, legend, history, words: textOf(panel.options.showValue, "auto"),
    gutter: Math.min(width * 0.35, longest * 6.6 + 12), width, bottom, rowHeight, block: Math.max(2, rowHeight * numberOf(panel.options.rowHeight, 0.9)),
  };
}

function statesOf(rows: readonly StateRow[]): [string, string][] {
  const found = new Map<string, string>();
  for (const { pieces } of rows) for (const { display } of pieces) if (found.size < STATES_MAX && !found.has(display.text)) found.set(display.text, display.color);
  return [...found];
}

/** Whether the same elements are around a picture: its legend says the same, and what is told has the same rows. */
export function hasSameElements(a: StatePicture, b: StatePicture): boolean {
  if (a.legend !== b.legend || a.told.length !== b.told.length || a.rows.length !== b.rows.length) return false;
  if (a.legend && a.states.length !== b.states.length) return false;
  if (a.legend) for (let i = 0; i < a.states.length; i++) if (a.states[i]![0] !== b.states[i]![0] || a.states[i]![1] !== b.states[i]![1]) return false;
  for (let i = 0; i < a.told.length; i++) if (a.told[i]!.name !== b.told[i]!.name) return false;
  return true;
}

/** Writes what is told into the items of its list. */
export function writeTold(list: Element | null, told: StatePicture["told"]): void {
  if (list === null) return;
  for (let i = 0; i < told.length; i++) {
    const { name, text, value } = told[i]!;
    const item = list.children[i];
    writeAttribute(item, "data-value", value);
    writeText(item, `${name}: ${text}`);
  }
}

/** Pixels from the left. */
export function placeOf(time: number, { gutter, width, interval: { from, to } }: StatePicture): number {
  return gutter + ((time - from) / (to - from || 1)) * (width - gutter);
}
