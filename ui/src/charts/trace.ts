// A line over time with its area, as sparklines have it: points stand where their times are, and the line ends where there
// is no value or a step is missing. Of more points than can be seen, the least and the most of each few are drawn: a
// spike of one sample is what an operator looks for. Drawn at each tick of a live page: nothing is kept, and nothing made
// for a point.

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
const STRIDES_PER_PX = 2;

export function drawTrace(pen: Pen, { times, values, everyStep, from, to, low, high, width, height, fill }: Trace): void {
  const count = Math.min(times.length, values.length);
  if (count === 0) return;
  // What is of another time altogether is drawn over its own.
  if (!(times[0]! < to && times[count - 1]! > from)) {
    from = times[0]!;
    to = times[count - 1]!;
  }
  const perSecond = to > from ? width / (to - from) : 0;
  const perValue = (height - 2 * PAD_PX) / (high - low);
  const stride = Math.max(1, Math.floor(count / (width * STRIDES_PER_PX)));
  const pause = everyStep === undefined ? Infinity : everyStep * 1.5;
  const xOf = (i: number) => (perSecond === 0 ? width : (times[i]! - from) * perSecond);
  const yOf = (i: number) => height - PAD_PX - (values[i]! - low) * perValue;
  pen.lineWidth = LINE_PX;
  pen.lineJoin = pen.lineCap = "round";
  let first = -1; // places: of the beginning of the piece that is being drawn, -1: of none,
  let last = -1; // of its end so far,
  let least = -1; // and of the least and the most of what has not been drawn of it
  let most = -1;
  let waiting = 0;
  const lineTo = (i: number) => pen.lineTo(xOf(i), yOf(i));
  const drawWaiting = () => {
    if (waiting === 0) return;
    if (least !== most) lineTo(Math.min(least, most));
    lineTo(Math.max(least, most));
    waiting = 0;
  };
  const end = () => {
    drawWaiting();
    if (last > Math.max(least, most)) lineTo(last);
    endPiece(pen, xOf(first), xOf(last), height, fill);
    first = -1;
  };
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const isThere = Number.isFinite(value);
    if (first >= 0 && (!isThere || times[i]! - times[last]! > pause)) end();
    if (!isThere) continue;
    last = i;
    if (first < 0) {
      first = least = most = i;
      pen.beginPath();
      pen.moveTo(xOf(i), yOf(i));
      pen.lineTo(xOf(i) + DOT_PX, yOf(i));
      continue;
    }
    if (waiting === 0) least = most = i;
    else if (value < values[least]!) least = i;
    else if (value > values[most]!) most = i;
    if (++waiting === stride) drawWaiting();
  }
  if (first >= 0) end();
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
