// Candles, bars of opening and closing values, and volumes on a canvas: a path for each colour.
import { cssColor as themed } from "../../charts/colors";
import { withAlpha } from "../../dashboard/field/colors";
import type { Painter } from "../timeseries/picture";
import type { Candles } from "./candle_model";

export interface CandleLook {
  up: string;
  down: string;
  flat: string;
  axis: string;
  bars: boolean; // a stroke with an arm at either side instead of a body
  hollow: boolean; // bodies of what closed above its opening are outlines
  candles: boolean;
  volume?: { values: Float64Array; axis: string; alpha: number };
}

const BODY = 0.6; // of the room between two
const THIN_PX = 12; // bodies up to so wide have thin lines

export function candlePainter(times: Float64Array, candles: Candles, look: CandleLook): Painter {
  return (pen, { scaleOf, from, to, width, ratio }) => {
    const { x, y } = scaleOf(look.axis);
    const wide = Math.max(1, Math.round(BODY * roomOf(times, candles.open, x, width)));
    const half = Math.floor(wide / 2);
    const stick = Math.max(1, Math.round(wide <= THIN_PX * ratio ? ratio : 2 * ratio));
    const colorOf = (turn: number) => themed(turn > 0 ? look.up : turn < 0 ? look.down : look.flat);
    const fill = (alpha: number, add: (path: Path2D, i: number, center: number) => void) => {
      for (const turn of [1, -1, 0]) {
        const path = new Path2D();
        for (let i = from; i <= to; i++) if (candles.turns[i] === turn) add(path, i, Math.round(x(i)));
        pen.fillStyle = alpha < 1 ? withAlpha(colorOf(turn), alpha) : colorOf(turn);
        pen.fill(path);
      }
    };
    if (look.volume !== undefined) {
      const { values, axis, alpha } = look.volume;
      const { y: up, bottom } = scaleOf(axis);
      fill(alpha, (path, i, center) => {
        const value = values[i]!;
        if (!Number.isNaN(value)) path.rect(center - half, Math.round(up(value)), wide, Math.round(bottom) - Math.round(up(value)));
      });
    }
    if (!look.candles) return;
    fill(1, (path, i, center) => {
      const [open, high, low, close] = [candles.open[i]!, candles.high[i]!, candles.low[i]!, candles.close[i]!];
      if (Number.isNaN(open) || Number.isNaN(close)) return;
      const [begin, top, bottom, end] = [open, high, low, close].map((value) => Math.round(y(value))) as [number, number, number, number];
      const left = center - Math.floor(stick / 2);
      if (look.bars) {
        path.rect(left, top, stick, Math.max(1, bottom - top));
        path.rect(center - half, begin, half, stick);
        path.rect(center, end, half, stick);
        return;
      }
      const above = Math.min(begin, end);
      const tall = Math.max(1, Math.abs(begin - end));
      // An opening from elsewhere may lie beyond the highest or lowest value.
      if (top < above) path.rect(left, top, stick, above - top);
      if (bottom > above + tall) path.rect(left, above + tall, stick, bottom - above - tall);
      path.rect(center - half, above, wide, tall);
      // The other way round: what lies inside is not filled.
      if (look.hollow && close >= open && tall > stick * 2 && wide > stick * 2) path.rect(center - half + wide - stick, above + stick, stick * 2 - wide, tall - stick * 2);
    });
  };
}

// Pixels between the two that are nearest to each other; one that is alone takes a part of the picture.
function roomOf(times: ArrayLike<number>, values: ArrayLike<number>, x: (index: number) => number, width: number): number {
  let least = Infinity;
  let before = -1;
  for (let i = 0; i < times.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    if (before >= 0) least = Math.min(least, x(i) - x(before));
    before = i;
  }
  return least === Infinity ? width / 10 : least;
}
