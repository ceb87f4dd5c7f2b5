// Paths of one series over a row of values in which NaN is a gap; rows with more points than pixels are drawn by
// columns.ts.
import type { SeriesStyle } from "./picture";

export interface Scale {
  x: (index: number) => number;
  y: (value: number) => number;
  bottom: number; // canvas y of the fill's base
}

export interface Built {
  stroke: Path2D;
  fill: Path2D | undefined;
}

// Points between neighbours of the same height are left out: the line is the same without their corners. An area is its
// line's pieces, closed.
export function linePaths(values: ArrayLike<number>, times: ArrayLike<number>, from: number, to: number, scale: Scale, style: SeriesStyle): Built {
  const stroke = new Path2D();
  const fill = style.fill > 0 ? new Path2D() : undefined;
  let startX = NaN; // of the running piece
  let lastX = NaN;
  let lastY = NaN;
  let lastTime = NaN;
  let piece = fill === undefined ? stroke : new Path2D();
  let flat = false; // the last point is left out so far
  const finish = () => {
    if (flat) piece.lineTo(lastX, lastY);
    flat = false;
  };
  const close = () => {
    finish();
    if (fill !== undefined && !Number.isNaN(startX)) {
      stroke.addPath(piece);
      piece.lineTo(lastX, scale.bottom);
      piece.lineTo(startX, scale.bottom);
      piece.closePath();
      fill.addPath(piece);
      piece = new Path2D();
    }
    startX = NaN;
  };
  const add = (x: number, y: number) => {
    if (Number.isNaN(startX)) {
      piece.moveTo(x, y);
      startX = x;
    } else if (y === lastY) flat = true;
    else {
      finish();
      if (style.curve === "stepAfter") {
        piece.lineTo(x, lastY);
        piece.lineTo(x, y);
      } else if (style.curve === "stepBefore") {
        piece.lineTo(lastX, y);
        piece.lineTo(x, y);
      } else if (style.curve === "smooth") {
        const middle = (lastX + x) / 2;
        piece.bezierCurveTo(middle, lastY, middle, y, x, y);
      } else piece.lineTo(x, y);
    }
    lastX = x;
    lastY = y;
  };
  for (let i = from; i <= to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      if (style.spanGaps === 0) close();
      continue;
    }
    if (!Number.isNaN(startX) && times[i]! - lastTime > style.spanGaps && hasGap(values, i)) close();
    add(scale.x(i), scale.y(value));
    lastTime = times[i]!;
  }
  close();
  return { stroke, fill };
}

function hasGap(values: ArrayLike<number>, index: number): boolean {
  return index > 0 && Number.isNaN(values[index - 1]!);
}

export function barPaths(values: ArrayLike<number>, from: number, to: number, scale: Scale, base: (index: number) => number, step: number, style: SeriesStyle): Built {
  const path = new Path2D();
  const width = Math.max(1, step * style.barWidth);
  const shift = style.barAlign === 0 ? -width / 2 : style.barAlign < 0 ? -width : 0;
  for (let i = from; i <= to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const y = scale.y(value);
    const bottom = base(i);
    path.rect(scale.x(i) + shift, Math.min(y, bottom), width, Math.max(1, Math.abs(bottom - y)));
  }
  return { stroke: path, fill: path };
}

// The area between two rows: a stacked series and what it stands on, or a series and the one it fills down to.
export function bandPath(upper: ArrayLike<number>, lower: ArrayLike<number>, from: number, to: number, scale: Scale, width: number): Path2D {
  const path = new Path2D();
  const stride = Math.max(1, Math.floor((to - from) / (width * 2)));
  let start = -1;
  const close = (end: number) => {
    for (let i = end; i >= start; i -= stride) {
      const value = lower[i]!;
      path.lineTo(scale.x(i), Number.isNaN(value) ? scale.bottom : scale.y(value));
    }
    path.closePath();
    start = -1;
  };
  let last = -1;
  for (let i = from; i <= to; i += stride) {
    if (Number.isNaN(upper[i]!)) {
      if (start >= 0) close(last);
      continue;
    }
    if (start < 0) {
      path.moveTo(scale.x(i), scale.y(upper[i]!));
      start = i;
    } else path.lineTo(scale.x(i), scale.y(upper[i]!));
    last = i;
  }
  if (start >= 0) close(last);
  return path;
}

// Points that stand alone between gaps would be invisible as a line: they get a dot.
export function lonelyPoints(values: ArrayLike<number>, from: number, to: number, most: number): number[] {
  const out: number[] = [];
  for (let i = from; i <= to && out.length < most; i++) {
    if (Number.isNaN(values[i]!)) continue;
    const before = i === from || Number.isNaN(values[i - 1]!);
    const after = i === to || Number.isNaN(values[i + 1]!);
    if (before && after) out.push(i);
  }
  return out;
}

// Dots of many points: those that would lie on one drawn before, to half a radius, are left out.
export function apartFrom(width: number, height: number, radius: number): (x: number, y: number) => boolean {
  const cell = Math.max(1, radius / 2);
  const across = Math.ceil(width / cell) + 1;
  const taken = new Uint8Array(across * (Math.ceil(height / cell) + 1));
  return (x, y) => {
    if (!(x >= 0 && x <= width && y >= 0 && y <= height)) return false;
    const at = Math.floor(y / cell) * across + Math.floor(x / cell);
    return taken[at] === 0 && (taken[at] = 1) === 1;
  };
}

export interface Extent {
  low: number;
  high: number;
}

// The lowest and highest finite value of a row within an index range; ∞ and −∞ when there is none.
export function extent(values: ArrayLike<number>, from: number, to: number, positive = false): Extent {
  let low = Infinity;
  let high = -Infinity;
  for (let i = from; i <= to; i++) {
    const value = values[i]!;
    if (positive && value <= 0) continue;
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return { low, high };
}
