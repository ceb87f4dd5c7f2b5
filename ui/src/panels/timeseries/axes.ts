// The axes of a graph: where their marks stand, what they say, and how much room that takes. They are worked out and drawn here,
// not by uPlot, as graphs of a live board have others at each tick.
import { formatTicks } from "../../dashboard/field/units";
import { CLOCK_PX, clockTicks, fitsAt, logTicks, niceTicks } from "../cartesian/places";
import { textWidth } from "../cartesian/scale";
import { shareOf, type AxisSpan } from "./axis_span";
import type { Axis, OverAxis } from "./picture";
import { tickWriter, timeTicks, valueSteps } from "./ticks";

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const FONT_PX = 11;
const VALUE_PX = 28; // between marks of values
const PART_PX = 20; // of an axis whose values take a part of the height
const VALUE_MARKS = 9; // a tall axis has no more of them
const NARROWEST_PX = 38;
const SLACK_PX = 16;
const BESIDE_PX = 12; // around the texts of values
export const LABEL_PX = { beside: 18, below: 16 };
const BOTTOM_PX = 24;

export interface Marks {
  lines: readonly number[];
  named: readonly number[];
  texts: readonly string[]; // of `named`
}

const NO_MARKS: Marks = { lines: [], named: [], texts: [] };

export function fontOf(ratio: number): string {
  return `${Math.round(FONT_PX * ratio)}px ${FONT}`;
}

const WIDTHS_MAX = 2000;
const widths = new Map<string, number>();
let widthsFor = 0; // ratio
let ruler: CanvasRenderingContext2D | null | undefined;

// CSS pixels. A board has the same few hundred texts all day.
function widthOf(text: string, ratio: number): number {
  if (widthsFor !== ratio || widths.size >= WIDTHS_MAX) widths.clear();
  widthsFor = ratio;
  let width = widths.get(text);
  if (width !== undefined) return width;
  ruler ??= document.createElement("canvas").getContext("2d");
  if (ruler === null) return textWidth(text);
  ruler.font = fontOf(ratio);
  width = ruler.measureText(text).width / ratio;
  widths.set(text, width);
  return width;
}

/** An axis of values, at a side of the plot. One that needs a little less room than it has keeps it: the graph stays where it is. */
export class ValueAxis {
  marks: Marks = NO_MARKS;
  /** CSS pixels that its texts take, and with its label all. */
  width = 0;
  room = 0;
  private readonly write: ReturnType<typeof tickWriter>;
  private readonly steps: readonly number[] | undefined;
  private fitted: { texts: readonly string[]; ratio: number } = { texts: [], ratio: 0 };

  constructor(readonly of: Axis) {
    this.write = tickWriter(of.unit, of.decimals);
    this.steps = of.log > 0 ? undefined : valueSteps(of.unit);
  }

  /** `height`: of the plot, CSS pixels; `most`: the highest value that it shows of data. */
  lay({ low, high, log }: AxisSpan, height: number, most: number, ratio: number): void {
    if (!(height > 0)) this.marks = NO_MARKS;
    else {
      const apart = this.of.part === undefined ? Math.max(VALUE_PX, height / VALUE_MARKS) : PART_PX;
      const { at: lines, named } = log > 0 ? logTicks(low, high, log, height, apart) : sameOf(niceTicks(low, high, height / apart, this.steps));
      // Where the values take a part of the height, the marks above them say nothing.
      const told = this.of.part === undefined ? named : named.filter((_, i) => i === 0 || named[i - 1]! <= most);
      this.marks = { lines, named: told, texts: this.write(told) };
    }
    this.fit(this.marks.texts, ratio);
    this.room = this.width + (this.of.label === "" ? 0 : LABEL_PX.beside);
  }

  private fit(texts: readonly string[], ratio: number): void {
    if (this.fitted.texts === texts && this.fitted.ratio === ratio) return;
    this.fitted = { texts, ratio };
    let widest = 0;
    for (let i = 0; i < texts.length; i++) widest = Math.max(widest, widthOf(texts[i]!, ratio));
    const wanted = Math.max(NARROWEST_PX, Math.ceil(widest) + BESIDE_PX);
    if (wanted > this.width || wanted + SLACK_PX < this.width) this.width = wanted;
  }
}

function sameOf(at: number[]): { at: number[]; named: number[] } {
  return { at, named: at };
}

/** The axis below the plot: of time, or of what takes its place. */
export class PlaceAxis {
  marks: Marks = NO_MARKS;
  shown: boolean[] = []; // of the texts
  readonly room: number; // CSS pixels

  constructor(readonly over: OverAxis | undefined) {
    this.room = over === undefined ? BOTTOM_PX : over.hidden ? 0 : BOTTOM_PX + (over.label === "" ? 0 : LABEL_PX.below);
  }

  /** `left` and `width`: of the plot, and `across` of all, CSS pixels. */
  lay(span: AxisSpan, left: number, width: number, across: number, zone: string): void {
    const { low, high, log } = span;
    this.marks = NO_MARKS;
    if (!(width > 0) || this.over?.hidden === true) return;
    if (this.over === undefined) {
      const { at, step } = clockTicks(low, high, width, CLOCK_PX, zone);
      this.marks = { lines: at, named: at, texts: timeTicks(at, step, zone) };
    } else {
      const { at: lines, named } = log > 0 ? logTicks(low, high, log, width, CLOCK_PX) : sameOf(niceTicks(low, high, width / CLOCK_PX));
      this.marks = { lines, named, texts: formatTicks(named, this.over.unit, this.over.decimals) };
    }
    const { named, texts } = this.marks;
    this.shown = [];
    for (let i = 0; i < named.length; i++) this.shown.push(fitsAt(left + shareOf(span, named[i]!) * width, across, texts[i]!));
  }
}
