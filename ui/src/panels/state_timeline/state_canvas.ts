// The drawing of a timeline of states.
import { cssColor } from "../../charts/colors";
import { penOn } from "../../charts/drawn";
import { textOn, withAlpha } from "../../dashboard/field/colors";
import { drawClock } from "../cartesian/clock_axis";
import { FOOT, placeOf, type StatePicture } from "./state_picture";
import type { StateRow } from "./states";

type Pen = CanvasRenderingContext2D;

export function drawStates(canvas: HTMLCanvasElement | null, picture: StatePicture, zone: string): void {
  const pen = picture.rows.length === 0 ? null : penOn(canvas, picture.width, picture.bottom);
  if (pen === null) return;
  for (let i = 0; i < picture.rows.length; i++) drawRow(pen, picture, picture.rows[i]!, i * picture.rowHeight + (picture.rowHeight - picture.block) / 2);
  const { gutter, width, bottom } = picture;
  drawClock(pen, picture.interval, { left: gutter, width: width - gutter, across: width, top: bottom - FOOT, middle: bottom - FOOT / 2 + 2 }, zone);
}

function drawRow(pen: Pen, picture: StatePicture, row: StateRow, top: number): void {
  const { gutter, width, rowHeight, block, words, history } = picture;
  pen.fillStyle = cssColor("var(--dim)");
  pen.textAlign = "right";
  if (rowHeight >= 9) pen.fillText(row.name.length * 6.6 > gutter ? `${row.name.slice(0, Math.floor(gutter / 6.6) - 1)}…` : row.name, gutter - 6, top + block / 2);
  pen.textAlign = "left";
  for (const { from, to, display } of row.pieces) {
    const left = Math.max(gutter, placeOf(from, picture));
    const right = Math.min(width, placeOf(to, picture));
    if (right <= gutter || left >= width) continue;
    const wide = right - left;
    const space = history ? Math.min(2, wide * 0.15) : wide > 3 ? 1 : 0;
    pen.fillStyle = display.color.startsWith("var(") ? cssColor(display.color) : withAlpha(display.color, 0.92);
    pen.fillRect(left, top, Math.max(0.7, wide - space), block);
    if (words === "never" || block <= 13 || wide <= display.text.length * 6.4 + 8) continue;
    pen.fillStyle = cssColor(textOn(display.color));
    pen.fillText(display.text, left + 4, top + block / 2 + 0.5);
  }
}
