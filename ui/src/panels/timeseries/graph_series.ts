// Draws the series of a graph: lines, bars and areas, as uPlot's own paths would take NaN for a number. Lines of more points than
// pixels are inked (ink.ts).
import { cssColor as themed } from "../../charts/colors";
import { withAlpha } from "../../dashboard/field/colors";
import { columnPath, type Columns } from "./columns";
import { FINE, type Stroke } from "./ink";
import { colorOf, layStrokes } from "./ink_canvas";
import { bandPath, barPaths, linePaths } from "./paths";
import type { Drawn } from "./picture";
import type { Scene } from "./scene";
import { gradientOf } from "./scheme";
import { areaOf, spansOf, type Spans } from "./spans";

const GHOST = 0.55; // of the colour of what was earlier
const FADED = 0.08; // what a gradient leaves of the area's colour at the bottom
const BAR_FILL = { least: 0.35, usual: 0.7 };

export function strokeOf({ color, ghost }: Drawn): string {
  return themed(ghost ? withAlpha(color, GHOST) : color);
}

/** The colours of its values along its axis, or its one colour. */
export function inkOf(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn, alpha: number): string | CanvasGradient {
  const stops = scene.stopsOf(drawn);
  if (stops === undefined) return alpha < 1 ? withAlpha(drawn.color, alpha) : strokeOf(drawn);
  const { y } = scene.scaleOf(drawn.axis);
  const { top, height } = scene.box;
  return gradientOf(pen, stops, { top, height }, (value) => (top + height - y(value)) / height, drawn.ghost ? alpha * GHOST : alpha);
}

export function drawSeries(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { series, times } = scene.input.picture;
  if (times.length === 0) return;
  // Lines of many points that follow each other go onto the canvas together.
  let strokes: Stroke[] | undefined;
  for (let i = 0; i < series.length; i++) {
    const drawn = series[i]!;
    if (!scene.isShown(drawn)) continue;
    if (scene.isInked(drawn)) {
      (strokes ??= []).push(strokeIn(scene, i));
      if (drawn.style.dash.length === 0) continue;
      lay(pen, scene, strokes);
      dash(pen, scene, i);
    } else {
      if (strokes !== undefined) lay(pen, scene, strokes);
      if (drawn.style.draw === "line") drawLine(pen, scene, drawn);
      else if (drawn.style.draw === "bars") drawBars(pen, scene, drawn);
    }
    strokes = undefined;
  }
  if (strokes !== undefined) lay(pen, scene, strokes);
}

function drawLine(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn): void {
  const { style } = drawn;
  const { from, to } = scene;
  const scale = scene.scaleOf(drawn.axis);
  const { stroke, fill } = linePaths(drawn.drawn, scene.input.picture.times, from, to, scale, style);
  if (style.fill > 0) {
    const floor = floorOf(scene, drawn);
    const area = floor === undefined ? fill : bandPath(drawn.drawn, floor, from, to, scale, scene.box.width);
    pen.fillStyle = areaInk(pen, scene, drawn, style.fill);
    if (area !== undefined) pen.fill(area);
  }
  strokePath(pen, scene, drawn, stroke);
}

function drawBars(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn): void {
  const { style, below } = drawn;
  const { box, place } = scene;
  const scale = scene.scaleOf(drawn.axis);
  const wide = (scene.input.step * box.width) / (place.high - place.low);
  const { stroke } = barPaths(drawn.drawn, scene.from, scene.to, scale, (i) => (below === undefined || Number.isNaN(below[i]!) ? scale.bottom : scale.y(below[i]!)), wide, style);
  pen.fillStyle = areaInk(pen, scene, drawn, Math.max(BAR_FILL.least, style.fill || BAR_FILL.usual));
  pen.fill(stroke);
  strokePath(pen, scene, drawn, stroke);
}

function strokePath(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn, path: Path2D): void {
  const { width } = drawn.style;
  if (!(width > 0)) return;
  pen.strokeStyle = drawn.style.gradient === "scheme" ? inkOf(pen, scene, drawn, 1) : strokeOf(drawn);
  setLine(pen, scene, drawn);
  pen.stroke(path);
}

function setLine(pen: CanvasRenderingContext2D, { ratio }: Scene, { style }: Drawn): void {
  pen.lineWidth = style.width * ratio;
  pen.lineJoin = "round";
  pen.lineCap = style.round ? "round" : "butt";
  pen.setLineDash(ratio === 1 ? style.dash : style.dash.map((length) => length * ratio));
}

function areaInk(pen: CanvasRenderingContext2D, scene: Scene, drawn: Drawn, alpha: number): string | CanvasGradient {
  const { gradient } = drawn.style;
  if (gradient === "scheme") return inkOf(pen, scene, drawn, alpha);
  if (gradient === "none") return withAlpha(drawn.color, alpha);
  const { top, height } = scene.box;
  const shade = pen.createLinearGradient(0, top, 0, top + height);
  shade.addColorStop(0, withAlpha(drawn.color, alpha));
  shade.addColorStop(1, withAlpha(drawn.color, alpha * FADED));
  return shade;
}

// What the area of a series stands on, if not on the ground.
function floorOf({ input }: Scene, { style, below }: Drawn): Float64Array | undefined {
  return below ?? (style.fillBelowTo === "" ? undefined : input.picture.series.find((s) => s.name === style.fillBelowTo)?.drawn);
}

function lay(pen: CanvasRenderingContext2D, { box }: Scene, strokes: readonly Stroke[]): void {
  layStrokes(pen, strokes, { left: Math.round(box.left), top: Math.round(box.top), width: Math.round(box.width), height: Math.round(box.height) });
}

function bridgeOf({ place }: Scene, drawn: Drawn, columns: Columns): number {
  return Math.max(FINE - 1, (drawn.style.spanGaps / (place.high - place.low)) * columns.first.length);
}

function strokeIn(scene: Scene, index: number): Stroke {
  const { series } = scene.input.picture;
  const drawn = series[index]!;
  const { style } = drawn;
  const { y, bottom } = scene.scaleOf(drawn.axis);
  const { top, height } = scene.box;
  const spans = (of: number): Spans => {
    const columns = scene.columnsFor(of);
    return spansOf(columns, (value) => y(value) - top, bridgeOf(scene, drawn, columns), style.curve);
  };
  const line = spans(index);
  const floor = style.fill > 0 ? floorOf(scene, drawn) : undefined;
  const under = floor === undefined ? -1 : series.findIndex((s) => s.drawn === floor);
  const fade = style.gradient === "fade" ? (1 - FADED) / height : 0;
  return {
    line,
    width: style.dash.length > 0 ? 0 : style.width * scene.ratio,
    color: colorOf(strokeOf(drawn)),
    area: style.fill > 0 ? { spans: areaOf(line, under < 0 ? undefined : spans(under), bottom - top, height), color: colorOf(themed(drawn.color)), shade: (row) => style.fill * (1 - fade * (row + 0.5)) } : undefined,
  };
}

// Ink knows no dashes.
function dash(pen: CanvasRenderingContext2D, scene: Scene, index: number): void {
  const drawn = scene.input.picture.series[index]!;
  const columns = scene.columnsFor(index);
  const { left } = scene.box;
  pen.strokeStyle = strokeOf(drawn);
  setLine(pen, scene, drawn);
  pen.stroke(columnPath(columns, (c) => left + (c + 0.5) / FINE, scene.scaleOf(drawn.axis).y, bridgeOf(scene, drawn, columns)));
}
