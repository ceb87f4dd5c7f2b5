// What a graph shows and where: the points of its picture that lie in its span, the room of its axes, the plot between them, and
// the way from places and values to pixels of the canvas. Worked out anew for each tick and size.
import { colorAt, stopsOf, type Stops } from "./scheme";
import type { Exemplar } from "../../dashboard/data/panel_source";
import type { BoardView } from "../panel_view";
import { PlaceAxis, ValueAxis } from "./axes";
import { shareOf, type AxisSpan } from "./axis_span";
import { columnBounds, columnsOf, type Columns } from "./columns";
import { FINE } from "./ink";
import { extent, type Extent, type Scale } from "./paths";
import type { Axis, Drawn, Picture } from "./picture";
import { axisRange } from "./ticks";

export interface PlotInput {
  picture: Picture;
  board: BoardView;
  interval: { from: number; to: number };
  step: number;
  exemplars: readonly Exemplar[];
  hidden: ReadonlySet<string>; // series switched off in the legend
  panelId: number;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** An axis of values with what it shows. */
interface Values extends AxisSpan {
  axis: Axis | undefined;
  scale: Scale;
  least: number; // of the data that it shows
  most: number;
}

const TOP_PX = 8;
const BARE_PX = { left: 8, right: 10 }; // where no axis is
const DENSE = 3; // points per pixel from which lines are inked

export class Scene {
  readonly box: Box = { left: 0, top: 0, width: 0, height: 0 }; // the plot, pixels of the canvas
  readonly room = { left: 0, right: 0, top: TOP_PX, bottom: 0 }; // around it, CSS pixels
  readonly place: AxisSpan = { low: 0, high: 1, log: 0 };
  readonly bottom: PlaceAxis;
  readonly sides: readonly ValueAxis[]; // those that are shown
  // The points in the span, and with the neighbours to which lines lead beyond its ends; the last before the first: none.
  first = 0;
  last = -1;
  from = 0;
  to = -1;
  width = 0; // of the canvas, CSS pixels
  height = 0;
  ratio = 1; // pixels of the canvas in one of CSS
  private readonly values: ReadonlyMap<string, Values>;
  private readonly unit = this.valuesOf(undefined);
  // Of series with more points than the picture can show; thrown away with the data.
  private bounds: Int32Array | undefined;
  private columns: (Columns | undefined)[] = [];

  constructor(public input: PlotInput) {
    const { axes, over } = input.picture;
    this.bottom = new PlaceAxis(over);
    this.sides = axes.filter((axis) => !axis.hidden).map((axis) => new ValueAxis(axis));
    this.values = new Map(axes.map((axis) => [axis.key, this.valuesOf(axis)]));
  }

  private valuesOf(axis: Axis | undefined): Values {
    const { box, place } = this;
    const values: Values = { axis, low: 0, high: 1, log: baseOf(axis), least: 0, most: 1, scale: undefined! };
    values.scale = {
      x: (index) => box.left + shareOf(place, this.input.picture.times[index]!) * box.width,
      y: (value) => box.top + (1 - shareOf(values, value)) * box.height,
      bottom: 0,
    };
    return values;
  }

  /** Works everything out for what is to be drawn now, on a canvas of so many CSS pixels. */
  lay(input: PlotInput, width: number, height: number, ratio: number): void {
    this.input = input;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.forget();
    const [low, high] = spanOf(input);
    this.place.low = low;
    this.place.high = high;
    this.place.log = baseOf(input.picture.over);
    this.find(input.picture.times, low, high);
    for (const values of this.values.values()) this.range(values, values.axis!);
    this.fit();
  }

  private forget(): void {
    this.bounds = undefined;
    this.columns = [];
  }

  private find(times: Float64Array, low: number, high: number): void {
    this.first = firstFrom(times, low);
    this.last = firstFrom(times, high);
    if (!(times[this.last]! === high)) this.last--;
    this.from = Math.max(0, this.first - 1);
    this.to = Math.min(times.length - 1, this.last + 1);
  }

  private range(values: Values, axis: Axis): void {
    const { series } = this.input.picture;
    const isLog = values.log > 0;
    let least = Infinity;
    let most = -Infinity;
    let zero = false;
    for (const one of series) {
      if (one.axis !== axis.key || !this.isShown(one)) continue;
      const own = this.extentOf(one, isLog);
      least = Math.min(least, own.low);
      most = Math.max(most, own.high);
      zero ||= one.style.draw === "bars" || one.style.stack !== "";
    }
    const some = least <= most;
    values.least = some ? least : 0;
    values.most = some ? most : 1;
    if (axis.part !== undefined) {
      values.low = 0;
      values.high = Math.max(some ? most : 0, Number.MIN_VALUE) / axis.part;
      return;
    }
    const range = axisRange(some ? least : null, some ? most : null, { min: axis.min, max: axis.max, softMin: axis.softMin, softMax: axis.softMax, log: axis.log, centred: axis.centred, zero });
    values.low = range[0];
    values.high = withThresholds(axis, range[0], range[1]);
    if (!(values.low < values.high)) values.high = values.low + 1;
  }

  private extentOf(one: Drawn, isLog: boolean): Extent {
    if (this.isInked(one)) {
      const columns = this.columnsFor(this.input.picture.series.indexOf(one));
      const low = extent(columns.low, 0, columns.low.length - 1).low;
      const high = extent(columns.high, 0, columns.high.length - 1).high;
      if (low > 0 || (low <= high && !isLog)) return { low, high };
    }
    return this.first <= this.last ? extent(one.drawn, this.first, this.last, isLog) : extent(one.drawn, this.from, this.to, isLog);
  }

  private fit(): void {
    const { room, box, ratio } = this;
    const tall = Math.max(0, this.height - TOP_PX - this.bottom.room);
    let left = 0;
    let right = 0;
    for (const side of this.sides) {
      const values = this.values.get(side.of.key)!;
      side.lay(values, tall, values.most, ratio);
      if (side.of.side === "right") right += side.room;
      else left += side.room;
    }
    room.left = left || BARE_PX.left;
    room.right = right || BARE_PX.right;
    room.bottom = this.bottom.room;
    const wide = Math.max(0, this.width - room.left - room.right);
    box.left = toHalf(room.left * ratio);
    box.top = toHalf(TOP_PX * ratio);
    box.width = toHalf(wide * ratio);
    box.height = toHalf(tall * ratio);
    this.bottom.lay(this.place, room.left, wide, this.width, this.input.board.zone);
    for (const values of this.values.values()) values.scale.bottom = groundOf(values, box);
  }

  isShown({ hidden, name }: Drawn): boolean {
    return !hidden.viz && !this.input.hidden.has(name);
  }

  isDense(): boolean {
    return this.last - this.first > DENSE * this.width * this.ratio;
  }

  /** Lines of more points than pixels. Ink has one colour and knows no logarithm of places. */
  isInked({ style }: Drawn): boolean {
    return style.draw === "line" && style.gradient !== "scheme" && this.place.log === 0 && this.isDense();
  }

  columnsFor(index: number): Columns {
    const { times, series } = this.input.picture;
    // A graph that has not been laid out yet works out the extent of its axes from as many as it is wide.
    const count = FINE * Math.round(this.box.width > 0 ? this.box.width : this.width * this.ratio);
    if (this.bounds?.length !== count + 1) {
      this.forget();
      this.bounds = columnBounds(times, this.first, this.last, this.place.low, this.place.high, count);
    }
    return (this.columns[index] ??= columnsOf(series[index]!.drawn, this.bounds!));
  }

  /** Of an axis without a series that is shown: from 0 to 1. */
  spanOf(axis: string): AxisSpan {
    return this.values.get(axis) ?? this.unit;
  }

  scaleOf(axis: string): Scale {
    return (this.values.get(axis) ?? this.unit).scale;
  }

  /** Pixels of the canvas. */
  x(place: number): number {
    return this.box.left + shareOf(this.place, place) * this.box.width;
  }

  y(axis: string, value: number): number {
    return this.box.top + (1 - shareOf(this.spanOf(axis), value)) * this.box.height;
  }

  /** The colours of a series along its axis, where they are those of its values. */
  stopsOf({ style, config, axis }: Drawn): Stops | undefined {
    if (style.gradient !== "scheme") return undefined;
    const values = this.values.get(axis);
    return values?.axis && stopsOf(config, values.axis, values.least, values.most);
  }

  colorOf(drawn: Drawn, index: number): string {
    if (drawn.colorAt !== undefined) return drawn.colorAt(index);
    const stops = this.stopsOf(drawn);
    return stops === undefined ? drawn.color : colorAt(stops, drawn.drawn[index] ?? NaN);
  }
}

function firstFrom(times: Float64Array, least: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toHalf(pixels: number): number {
  return Math.round(pixels * 2) / 2;
}

// Where areas and bars stand on.
function groundOf({ low, high, log, scale }: Values, { top, height }: Box): number {
  return log > 0 || low > 0 ? top + height : high < 0 ? top : scale.y(0);
}

function baseOf(axis: { log: number } | undefined): number {
  return axis === undefined || axis.log <= 0 ? 0 : axis.log === 2 ? 2 : 10;
}

// A threshold line that lies close is kept in sight; one far away must not flatten the data.
function withThresholds({ thresholds, max, log }: Axis, from: number, high: number): number {
  let to = high;
  if (thresholds === undefined || max !== undefined || log !== 0) return to;
  for (const { value } of thresholds.steps) if (Number.isFinite(value) && value > to && value < to + (to - from) * 0.6) to = value + (to - from) * 0.05;
  return to;
}

/** From where to where places go, in seconds or in what they are of. */
export function spanOf({ picture, interval }: Pick<PlotInput, "picture" | "interval">): [number, number] {
  const { over, times, step = 0 } = picture;
  if (over === undefined) return [interval.from, interval.to];
  const bars = picture.series.some(({ style }) => style.draw === "bars") && over.log === 0 ? step / 2 : 0;
  // Bounds at or below zero have no place on an axis of a logarithm.
  const bound = (set: number | undefined) => (over.log > 0 && set !== undefined && set <= 0 ? undefined : set);
  const first = over.log > 0 ? times.find((place) => place > 0) : times[0];
  const from = bound(over.min) ?? (first ?? 1) - bars;
  const to = bound(over.max) ?? (times[times.length - 1] ?? 2) + bars;
  return from < to ? [from, to] : over.log > 0 ? [from / over.log, from * over.log] : [from - 0.5, from + 0.5];
}
