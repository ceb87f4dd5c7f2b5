// Rows of states over time. A timeline joins equal neighbours; a status history keeps each step as a block.
import type { DataFrame, Field } from "../../dashboard/data/frame";
import { displayNameOf, numberAt } from "../../dashboard/data/frame";
import { displayerOf, type Display, type Displayer } from "../../dashboard/field/display";
import { objectOf, type JsonObject } from "../../dashboard/model/json";
import { colorOfName } from "../../dashboard/field/colors";
import { columnLinks, type LinksAt } from "../data_links";
import { nextPlace } from "../pinned";

export interface Piece {
  from: number; // Unix seconds
  to: number;
  value: number;
  raw: unknown;
  row: number; // of the frame, where it begins
  display: Display;
}

export interface StateRow {
  name: string;
  pieces: Piece[];
  links: LinksAt | undefined;
}

const displayers = new WeakMap<JsonObject, Displayer>(); // as a rule, the fields of all ticks have the same configuration

function displayerFor({ config }: Field): Displayer {
  let display = displayers.get(config);
  if (display === undefined) displayers.set(config, (display = displayerOf(config)));
  return display;
}

export function stateRows(frames: readonly DataFrame[], step: number, join: boolean): StateRow[] {
  const rows: StateRow[] = [];
  for (const frame of frames) {
    const time = frame.fields.find((f) => f.type === "time");
    if (time === undefined) continue;
    for (const field of frame.fields) {
      if (field === time || field.type === "other") continue;
      const display = displayerFor(field);
      const byText = field.type === "string" && objectOf(field.config.color).mode !== "fixed";
      const pieces: Piece[] = [];
      // Of the value before, which most often is this one as well.
      let before: unknown;
      let state: Display | undefined;
      for (let i = 0; i < frame.length; i++) {
        const raw = field.values[i];
        const value = field.type === "string" ? NaN : numberAt(field, i);
        if (raw === null || raw === undefined || raw === "" || (field.type !== "string" && Number.isNaN(value))) continue;
        const from = Number(time.values[i]) / 1000;
        const next = i + 1 < frame.length ? Number(time.values[i + 1]) / 1000 : from + step;
        const last = pieces[pieces.length - 1];
        if (state === undefined || raw !== before) {
          const shown = display(value, field.type === "string" ? String(raw) : "");
          state = byText && !shown.judged ? { ...shown, color: colorOfName(String(raw)) } : shown;
          before = raw;
        }
        if (join && last !== undefined && sameState(last, state, raw) && from - last.to <= step * 1.5) last.to = Math.min(next, from + step * 1.5);
        else pieces.push({ from, to: Math.min(next, from + step * 1.5), value, raw, row: i, display: state });
      }
      rows.push({ name: displayNameOf(field, frame, frames), pieces, links: columnLinks(field, frame, frames) });
    }
  }
  return rows;
}

// States are the same when they read the same: 0.2 and 0.3 are both "OK" under a mapping.
function sameState(piece: Piece, display: Display, raw: unknown): boolean {
  return piece.display.text === display.text && piece.display.color === display.color && (typeof raw !== "string" || piece.raw === raw);
}

/** Where an arrow key leads from a state: to its neighbour, or to that of its time, or the one before it, in the next row that has any. */
export function nextPiece(rows: readonly StateRow[], from: { row: StateRow; piece: Piece } | undefined, right: number, up: number): { row: StateRow; piece: Piece } | undefined {
  const told = rows.filter(({ pieces }) => pieces.length > 0);
  // After a tick its row is another of the same name; of rows of one name, each is itself.
  const same = from === undefined ? undefined : told.indexOf(from.row);
  const row = told[nextPlace(same === -1 ? told.findIndex(({ name }) => name === from!.row.name) : same, -up, told.length) ?? -1];
  const piece = row?.pieces[nextPlace(from && row.pieces.findLastIndex((p) => p.from <= from.piece.from), right, row.pieces.length) ?? -1];
  return row === undefined || piece === undefined ? undefined : { row, piece };
}
