// The drawing of a heatmap: cells, names of rows, the axis of time, marks, exemplars. Each is a function of its own, called
// with each tick.
import { cssColor } from "../../charts/colors";
import { penOn } from "../../charts/drawn";
import { textOn } from "../../dashboard/field/colors";
import { drawClock } from "../cartesian/clock_axis";
import type { BoardView } from "../panel_view";
import { isShown } from "./buckets";
import { FOOT, LABEL_LETTER, placeOf, shareOf, type HeatPicture } from "./heat_picture";

type Pen = CanvasRenderingContext2D;

export function drawHeat(canvas: HTMLCanvasElement | null, picture: HeatPicture, { zone, marks }: Pick<BoardView, "zone" | "marks">): void {
  const pen = picture.heat.rows.length === 0 ? null : penOn(canvas, picture.width, picture.height);
  if (pen === null) return;
  for (let row = 0; row < picture.heat.rows.length; row++) drawRow(pen, picture, row);
  if (picture.look.placed !== "hidden") drawLabels(pen, picture);
  const { box, interval, width, height } = picture;
  drawClock(pen, interval, { left: box.left, width: box.width, across: width, top: height - FOOT, middle: height - FOOT / 2 + 2 }, zone);
  for (const mark of marks.all) {
    const x = box.left + ((mark.from - interval.from) / (interval.to - interval.from)) * box.width;
    if (x < box.left || x > box.left + box.width) continue;
    pen.fillStyle = mark.color;
    pen.fillRect(x, 0, 1, height - FOOT);
  }
  drawExemplars(pen, picture);
}

function drawRow(pen: Pen, picture: HeatPicture, row: number): void {
  const { heat, box, step } = picture;
  const { filter, palette, words, radius, countText } = picture.look;
  const { values } = heat.rows[row]!;
  const gap = Math.min(picture.look.gap, box.cellHeight / 4);
  const y = box.y(row) + gap / 2;
  const tall = Math.max(0.6, box.cellHeight - gap);
  const steps = palette.length - 1;
  // Cells of a pixel or two that follow each other in one shade are drawn as one, which has no number and no corners of its own.
  const thin = box.cellWidth <= 3 && words !== "always";
  for (let i = 0; i < heat.times.length; i++) {
    const value = values[i]!;
    if (!isShown(value, filter)) continue;
    const shade = palette[Math.round(shareOf(value, picture) * steps)]!;
    const x = Math.max(box.left, box.x(i));
    while (thin && i + 1 < heat.times.length && heat.times[i + 1]! - heat.times[i]! < step * 1.5 && isShown(values[i + 1]!, filter) && palette[Math.round(shareOf(values[i + 1]!, picture) * steps)] === shade) i++;
    const right = Math.min(box.left + box.width, box.x(i) + box.cellWidth);
    if (right <= x) continue;
    const wide = Math.max(0.6, right - x - (box.cellWidth > 6 ? gap : -0.4));
    pen.fillStyle = shade;
    if (radius > 0 && !thin && wide > 3 && tall > 3) {
      pen.beginPath();
      pen.roundRect(x, y, wide, tall, Math.min(radius, wide / 2, tall / 2));
      pen.fill();
    } else pen.fillRect(x, y, wide, tall);
    if (thin || words === "never") continue;
    const text = countText(value);
    if (words === "always" || (tall >= 14 && wide >= text.length * 6.6 + 4)) {
      pen.fillStyle = cssColor(textOn(shade));
      pen.textAlign = "center";
      pen.fillText(text, x + wide / 2, y + tall / 2 + 0.5);
    }
  }
}

function drawLabels(pen: Pen, { heat, box, labels, look, gutter, height }: HeatPicture): void {
  const right = look.placed === "right";
  pen.fillStyle = cssColor("var(--dim)");
  pen.textAlign = right ? "left" : "right";
  const every = Math.max(1, Math.ceil(16 / box.cellHeight));
  const at = right ? box.left + box.width + 6 : gutter - 6;
  const letters = Math.floor((gutter - 10) / LABEL_LETTER + 0.01);
  for (let row = 0; row < labels.length; row += every) {
    const label = labels[row]!;
    const edge = look.reverse ? box.y(row) + box.cellHeight : box.y(row);
    const y = heat.quantity ? Math.min(height - FOOT, Math.max(6, edge)) : box.y(row) + box.cellHeight / 2;
    // What is wider than its letters let expect is drawn narrower, not over the edge.
    pen.fillText(label.length > letters ? `${label.slice(0, Math.max(1, letters - 1))}…` : label, at, y, gutter - 8);
  }
}

function drawExemplars(pen: Pen, picture: HeatPicture): void {
  pen.fillStyle = picture.look.exemplar;
  for (const exemplar of picture.exemplars) {
    const place = placeOf(exemplar, picture);
    if (place === undefined) continue;
    pen.beginPath();
    pen.moveTo(place.x, place.y - 3.5);
    pen.lineTo(place.x + 3.5, place.y);
    pen.lineTo(place.x, place.y + 3.5);
    pen.lineTo(place.x - 3.5, place.y);
    pen.fill();
  }
}
