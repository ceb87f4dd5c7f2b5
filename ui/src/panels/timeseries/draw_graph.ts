// Draws a graph, from the ground up: axes, threshold areas and marked spans, the series, and the signs above them.
import { groundsOf } from "../marks/grounds";
import { drawAxes } from "./graph_axes";
import { dots, dotsOf, exemplarSigns, markGrounds, markLines, thresholdAreas, thresholdLines, withinPlot } from "./graph_layers";
import { drawSeries, inkOf } from "./graph_series";
import type { Drawn } from "./picture";
import type { Scene } from "./scene";

export function drawGraph(pen: CanvasRenderingContext2D, scene: Scene): void {
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  drawAxes(pen, scene);
  withinPlot(pen, scene, 0, () => drawBelow(pen, scene));
  withinPlot(pen, scene, marginOf(scene), () => drawSeries(pen, scene));
  withinPlot(pen, scene, 0, () => drawAbove(pen, scene));
}

function marginOf({ input, ratio }: Scene): number {
  let widest = 0;
  for (const { style } of input.picture.series) widest = Math.max(widest, style.width);
  return (widest / 2) * ratio;
}

function drawBelow(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { picture, board } = scene.input;
  for (const axis of picture.axes) thresholdAreas(pen, scene, axis);
  markGrounds(pen, scene, groundsOf(board.marks.all));
  if (picture.paint === undefined) return;
  const { from, to, box, ratio } = scene;
  picture.paint(pen, { scaleOf: (axis) => scene.scaleOf(axis), from, to, width: box.width, ratio });
}

function drawAbove(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { picture, exemplars, board } = scene.input;
  for (const axis of picture.axes) thresholdLines(pen, scene, axis);
  for (const drawn of picture.series) drawDots(pen, scene, drawn);
  const axis = picture.axes[0];
  if (axis !== undefined && exemplars.length > 0) exemplarSigns(pen, scene, axis.key, exemplars);
  markLines(pen, scene, board.marks.all);
}

function drawDots(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn): void {
  if (!scene.isShown(drawn)) return;
  const { first, last, box, ratio } = scene;
  const dense = scene.isDense();
  const at = dotsOf(drawn, first, last, box.width / ratio, dense);
  if (at.length === 0) return;
  pen.fillStyle = drawn.style.gradient === "scheme" ? inkOf(pen, scene, drawn, 1) : drawn.color;
  dots(pen, scene, drawn, at, scene.scaleOf(drawn.axis), dense);
}
