// A line without axes: where a number comes from and where it goes.
import { useEffect, useRef } from "react";
import { theme } from "../preferences";
import { cssColor } from "./colors";
import { fitCanvas, tellDrawn } from "./drawn";
import { drawTrace } from "./trace";
import { useVisible } from "./visible";

export interface SparklineProps {
  times: ArrayLike<number>; // Unix seconds, as many as values
  values: ArrayLike<number>;
  /** Of times of a step that are all there, seconds: the line ends where one is missing. */
  everyStep?: number | undefined;
  /** Both edges; default: those of the data. */
  from?: number | undefined;
  to?: number | undefined;
  version: number;
  color?: string;
  height?: number;
  min?: number | undefined;
  max?: number | undefined;
  label: string;
}

/** What lies at the bottom and at the top; undefined: there is nothing to draw. */
export function extent(values: ArrayLike<number>, min?: number, max?: number): [low: number, high: number] | undefined {
  let low = min ?? Infinity;
  let high = max ?? -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return undefined;
  if (high - low >= Math.abs(high) * 1e-3 + 1e-12) return [low, high];
  // Where nothing is above the least there can be, that is the ground: nothing failing is no line at half height.
  if (min !== undefined && high <= min) return [low, low + (Math.abs(low) || 1)];
  // Any other flat line lies in the middle, not at an edge.
  const half = Math.abs(high) * 0.05 || 1;
  return [low - half, high + half];
}

export function Sparkline({ times, values, everyStep, from, to, version, color = "var(--c0)", height = 28, min, max, label }: SparklineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, visible] = useVisible<HTMLDivElement>();
  const shade = theme();
  useEffect(() => {
    const element = canvas.current;
    if (!element || !visible) return;
    tellDrawn(element, () => ({ times, rows: [{ name: label, values }] }));
    const width = element.clientWidth;
    const scale = devicePixelRatio || 1;
    fitCanvas(element, Math.round(width * scale), Math.round(height * scale));
    const pen = element.getContext("2d");
    if (!pen || width === 0) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const ends = extent(values, min, max);
    if (!ends) return;
    const [low, high] = ends;
    pen.strokeStyle = pen.fillStyle = cssColor(color);
    drawTrace(pen, { times, values, everyStep, from: from ?? times[0]!, to: to ?? times[times.length - 1]!, low, high, width, height, fill: 0.13 });
  }, [values, times, everyStep, from, to, version, color, height, min, max, visible, shade]);
  return (
    <div ref={box} style={{ height }}>
      <canvas ref={canvas} role="img" aria-label={label} style={{ width: "100%", height, display: "block" }} />
    </div>
  );
}
