// What lies below and above the lines of a graph. Each kind is a function of its own: those of a tick are few and short,
// and the engine compiles them once, early; one for all of them was compiled again with each kind that came.
import { cssColor as themed } from "../../charts/colors";
import { withAlpha } from "../../dashboard/field/colors";
import type { Exemplar } from "../../dashboard/data/panel_source";
import type { Ground } from "../marks/grounds";
import type { Mark } from "../marks/marks";
import { apartFrom, lonelyPoints, type Scale } from "./paths";
import type { Axis, Drawn } from "./picture";
import type { Scene } from "./scene";

const AREA = 0.1;
const GROUND = 0.09;
const EXEMPLAR_PX = 3.5; // from its middle to its corners
const MARK_PX = { wide: 4, high: 6 }; // the sign at a mark's foot: half its width, and its height
const LONELY_MAX = 2000;
const FEW = 60; // points that each get a dot
const ROOM_PX = 6; // between them

/** Calls `draw` with all outside the plot left alone, but for a margin above and below it: half of a line along the edge lies there. */
export function withinPlot(ctx: CanvasRenderingContext2D, { box }: Scene, margin: number, draw: () => void): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top - margin, box.width, box.height + 2 * margin);
  ctx.clip();
  try {
    draw();
  } finally {
    ctx.restore();
  }
}

interface Level {
  value: number;
  color: string;
}

function levelsOf(axis: Axis): readonly Level[] {
  const { percentage, steps } = axis.thresholds!;
  if (!percentage) return steps;
  const low = axis.min ?? 0;
  const high = axis.max ?? 100;
  return steps.map(({ value, color }) => ({ color, value: value === -Infinity ? value : low + (value / 100) * (high - low) }));
}

export function thresholdAreas(ctx: CanvasRenderingContext2D, scene: Scene, axis: Axis): void {
  if (axis.thresholds === undefined || !axis.thresholdMode.includes("area")) return;
  const { box } = scene;
  const levels = levelsOf(axis);
  for (let i = 0; i < levels.length; i++) {
    const { value, color } = levels[i]!;
    if (color === "transparent") continue;
    const next = levels[i + 1];
    const bottom = value === -Infinity ? box.top + box.height : scene.y(axis.key, value);
    const top = next === undefined ? box.top : scene.y(axis.key, next.value);
    ctx.fillStyle = withAlpha(color, AREA);
    ctx.fillRect(box.left, top, box.width, bottom - top);
  }
}

export function thresholdLines(ctx: CanvasRenderingContext2D, scene: Scene, axis: Axis): void {
  if (axis.thresholds === undefined || !/line|dashed/.test(axis.thresholdMode)) return;
  const { box, ratio } = scene;
  ctx.setLineDash(axis.thresholdMode.includes("dashed") ? [6 * ratio, 5 * ratio] : []);
  ctx.lineWidth = ratio;
  for (const { value, color } of levelsOf(axis)) {
    if (!Number.isFinite(value) || color === "transparent") continue;
    const y = Math.round(scene.y(axis.key, value));
    ctx.strokeStyle = color;
    ctx.beginPath();
    ctx.moveTo(box.left, y);
    ctx.lineTo(box.left + box.width, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

export function markGrounds(ctx: CanvasRenderingContext2D, scene: Scene, grounds: readonly Ground[]): void {
  const { box } = scene;
  for (const { from, to, color } of grounds) {
    const left = scene.x(from);
    const right = scene.x(to);
    ctx.fillStyle = withAlpha(color, GROUND);
    ctx.fillRect(left, box.top, Math.max(1, right - left), box.height);
  }
}

/** Where dots of a series go, of those from `from` to `to`: all, those that are no part of a line, or none. */
export function dotsOf({ style, drawn }: Drawn, from: number, to: number, width: number, dense: boolean): readonly number[] {
  const roomy = (to - from) * ROOM_PX < width && to - from < FEW;
  const every = style.draw === "points" || style.points === "always" || (style.points === "auto" && style.draw === "line" && roomy);
  if (!every) return style.draw === "line" && style.spanGaps === 0 && !dense ? lonelyPoints(drawn, from, to, LONELY_MAX) : [];
  const out: number[] = [];
  for (let i = from; i <= to; i++) if (!Number.isNaN(drawn[i]!)) out.push(i);
  return out;
}

/** `dense`: those that would lie on another are left out. */
export function dots(ctx: CanvasRenderingContext2D, { box, ratio }: Scene, drawn: Drawn, at: readonly number[], scale: Scale, dense: boolean): void {
  const radius = Math.max(1.2, drawn.style.pointSize / 2) * ratio;
  const isApart = dense ? apartFrom(box.width, box.height, radius) : undefined;
  for (const i of at) {
    const x = scale.x(i);
    const y = scale.y(drawn.drawn[i]!);
    if (isApart !== undefined && !isApart(x - box.left, y - box.top)) continue;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 7);
    ctx.fill();
  }
}

export function exemplarSigns(ctx: CanvasRenderingContext2D, scene: Scene, key: string, exemplars: readonly Exemplar[]): void {
  const r = EXEMPLAR_PX * scene.ratio;
  ctx.fillStyle = themed("var(--info)");
  for (const { time, value } of exemplars) {
    const x = scene.x(time);
    const y = scene.y(key, value);
    ctx.beginPath();
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y);
    ctx.lineTo(x, y + r);
    ctx.lineTo(x - r, y);
    ctx.fill();
  }
}

export function markLines(ctx: CanvasRenderingContext2D, scene: Scene, marks: readonly Mark[]): void {
  for (const { from, to, color } of marks) {
    markLine(ctx, scene, from, color);
    if (to > from) markLine(ctx, scene, to, color);
  }
}

function markLine(ctx: CanvasRenderingContext2D, scene: Scene, at: number, color: string): void {
  const { box, ratio } = scene;
  const x = Math.round(scene.x(at));
  if (x < box.left || x > box.left + box.width) return;
  const base = box.top + box.height;
  ctx.strokeStyle = ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x + 0.5, box.top);
  ctx.lineTo(x + 0.5, base);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x, base - MARK_PX.high * ratio);
  ctx.lineTo(x + MARK_PX.wide * ratio, base);
  ctx.lineTo(x - MARK_PX.wide * ratio, base);
  ctx.fill();
}
