// A line without axes: where a number comes from and where it goes.
import { useEffect, useRef } from "react";
import { theme } from "../preferences";
import { cssColor } from "./colors";
import { fitCanvas, tellDrawn } from "./drawn";
import { useVisible } from "./visible";

export interface SparklineProps {
  values: ArrayLike<number>;
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

export function Sparkline({ values, version, color = "var(--c0)", height = 28, min, max, label }: SparklineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, visible] = useVisible<HTMLDivElement>();
  const shade = theme();
  useEffect(() => {
    const element = canvas.current;
    if (!element || !visible) return;
    tellDrawn(element, () => ({ times: [], rows: [{ name: label, values }] }));
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
    const x = (i: number) => (values.length < 2 ? width : (i / (values.length - 1)) * width);
    const y = (value: number) => height - 2 - ((value - low) / (high - low)) * (height - 4);
    pen.strokeStyle = pen.fillStyle = cssColor(color);
    pen.lineWidth = 1.4;
    pen.lineJoin = "round";
    pen.beginPath();
    let first = -1;
    let last = -1;
    const close = () => {
      if (first < 0) return;
      pen.stroke();
      pen.lineTo(x(last), height);
      pen.lineTo(x(first), height);
      pen.globalAlpha = 0.13;
      pen.fill();
      pen.globalAlpha = 1;
      pen.beginPath();
      first = -1;
    };
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) close();
      else if (first < 0) {
        pen.moveTo(x(i), y(value));
        first = last = i;
      } else {
        pen.lineTo(x(i), y(value));
        last = i;
      }
    }
    close();
  }, [values, version, color, height, min, max, visible, shade]);
  return (
    <div ref={box} style={{ height }}>
      <canvas ref={canvas} role="img" aria-label={label} style={{ width: "100%", height, display: "block" }} />
    </div>
  );
}
