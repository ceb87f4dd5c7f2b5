// A line over time with its area, as sparklines have it: points stand where their times are, and the line ends where there
// is no value or a step is missing. Drawn at each tick of a live page: nothing is kept, and nothing made for a point.

export interface Trace {
  times: ArrayLike<number>; // Unix seconds, as many as values
  values: ArrayLike<number>;
  /** Seconds: a step without a point is one at which there was nothing. Undefined where points are left out for other reasons. */
  everyStep: number | undefined;
  /** Unix seconds at both edges. */
  from: number;
  to: number;
  /** Values at the bottom and at the top. */
  low: number;
  high: number;
  width: number; // CSS pixels, as of the pen
  height: number;
  /** How much of its colour the area has. */
  fill: number;
}

type Pen = Pick<CanvasRenderingContext2D, "beginPath" | "moveTo" | "lineTo" | "stroke" | "fill" | "globalAlpha" | "lineWidth" | "lineJoin" | "lineCap">;

const LINE_PX = 1.4;
const PAD_PX = 2;
const DOT_PX = 0.01; // a line of no length is not drawn, one of any length has round ends
const POINTS_PER_PX = 4;

export function drawTrace(pen: Pen, { times, values, everyStep, from, to, low, high, width, height, fill }: Trace): void {
  const count = Math.min(times.length, values.length);
  if (count === 0) return;
  // What is of another time altogether is drawn over its own.
  if (!(times[0]! < to && times[count - 1]! > from)) [from, to] = [times[0]!, times[count - 1]!];
  const perSecond = to > from ? width / (to - from) : 0;
  const perValue = (height - 2 * PAD_PX) / (high - low);
  const stride = Math.max(1, Math.floor(count / (width * POINTS_PER_PX)));
  const pause = everyStep === undefined ? Infinity : everyStep * (stride + 0.5);
  pen.lineWidth = LINE_PX;
  pen.lineJoin = pen.lineCap = "round";
  let begin = NaN; // where the piece of the line begins that is being drawn
  let x = 0;
  let before = 0;
  for (let i = 0; i < count; i += stride) {
    const value = values[i]!;
    const time = times[i]!;
    if (begin === begin && (!Number.isFinite(value) || time - before > pause)) {
      endPiece(pen, begin, x, height, fill);
      begin = NaN;
    }
    if (!Number.isFinite(value)) continue;
    x = perSecond === 0 ? width : (time - from) * perSecond;
    const y = height - PAD_PX - (value - low) * perValue;
    if (begin === begin) pen.lineTo(x, y);
    else {
      begin = x;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + DOT_PX, y);
    }
    before = time;
  }
  if (begin === begin) endPiece(pen, begin, x, height, fill);
}

function endPiece(pen: Pen, begin: number, end: number, height: number, fill: number): void {
  pen.stroke();
  if (end <= begin) return;
  pen.lineTo(end, height);
  pen.lineTo(begin, height);
  pen.globalAlpha = fill;
  pen.fill();
  pen.globalAlpha = 1;
}
