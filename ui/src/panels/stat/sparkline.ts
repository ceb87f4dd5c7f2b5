// The line of where a stat's value comes from. Drawn by hand on a canvas: a hundred of them cost nothing.
import { cssColor } from "../../charts/colors";
import { fitCanvas, tellDrawn } from "../../charts/drawn";
import { drawTrace } from "../../charts/trace";
import type { Sparkline } from "./stat_picture";

export function drawSparkline(canvas: HTMLCanvasElement, { times, values, everyStep, from, to, color, width, height, low }: Sparkline): void {
  canvas.style.height = `${height}px`;
  tellDrawn(canvas, () => ({ times, rows: [{ name: "", values }] }));
  const pen = canvas.getContext("2d");
  if (!pen || width < 4) return;
  const ratio = devicePixelRatio || 1;
  fitCanvas(canvas, Math.round(width * ratio), Math.round(height * ratio));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  let least = low ?? Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least && value > -Infinity) least = value;
    if (value > most && value < Infinity) most = value;
  }
  if (!(least <= most)) return;
  if (most - least < Math.abs(most) * 1e-6 + 1e-12) {
    least -= 1;
    most += 1;
  }
  pen.strokeStyle = pen.fillStyle = cssColor(color);
  drawTrace(pen, { times, values, everyStep, from, to, low: least, high: most, width, height, fill: 0.16 });
}
