// The axis of time below a picture that has one row for each series.
import { cssColor } from "../../charts/colors";
import { timeTicks } from "../timeseries/ticks";
import { CLOCK_PX, clockTicks, fitsAt } from "./places";

const SIGN_PX = 3;

export interface ClockRoom {
  left: number; // of the picture, CSS pixels like all
  width: number;
  across: number; // of the canvas
  top: number; // of the axis
  middle: number; // of its texts
}

/** `pen` writes in the middle of a line; what would be cut at an edge of the canvas is left out. */
export function drawClock(pen: CanvasRenderingContext2D, { from, to }: { from: number; to: number }, { left, width, across, top, middle }: ClockRoom, zone: string): void {
  const { at, step } = clockTicks(from, to, width, CLOCK_PX, zone);
  const texts = timeTicks(at, step, zone);
  const placeOf = (time: number) => left + ((time - from) / (to - from)) * width;
  pen.strokeStyle = cssColor("var(--grid)");
  pen.lineWidth = 1;
  pen.beginPath();
  for (let i = 0; i < at.length; i++) {
    const x = Math.round(placeOf(at[i]!)) + 0.5;
    pen.moveTo(x, top);
    pen.lineTo(x, top + SIGN_PX);
  }
  pen.stroke();
  pen.textAlign = "center";
  pen.fillStyle = cssColor("var(--dim)");
  for (let i = 0; i < at.length; i++) {
    const x = placeOf(at[i]!);
    if (fitsAt(x, across, texts[i]!)) pen.fillText(texts[i]!, x, middle);
  }
}
