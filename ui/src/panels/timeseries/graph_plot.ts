// A graph on uPlot: scales, axes and cursor are its own; lines, bars and areas are drawn here, as its paths would take
// NaN for a number, and what lies below and above them by graph_layers.ts. Lines of more points than pixels are inked (ink.ts).
import uPlot from "uplot";
import { withAlpha } from "../../dashboard/field/colors";
import type { Exemplar } from "../../dashboard/data/panel_source";
import { cssColor as themed } from "../../charts/colors";
import { tellDrawn } from "../../charts/drawn";
import type { BoardView } from "../panel_view";
import type { Mark } from "../marks/marks";
import { groundsOf } from "../marks/grounds";
import { columnBounds, columnPath, columnsOf, type Columns } from "./columns";
import { FINE, type Stroke } from "./ink";
import { colorOf, layStrokes } from "./ink_canvas";
import { dots, dotsOf, exemplarSigns, markGrounds, markLines, thresholdAreas, thresholdLines, withinPlot } from "./graph_layers";
import { bandPath, barPaths, extent, linePaths, type Extent, type Scale } from "./paths";
import type { Axis, Drawn, OverAxis, Picture } from "./picture";
import { colorAt, gradientOf, stopsOf, type Stops } from "./scheme";
import { areaOf, spansOf, type Spans } from "./spans";
import { axisRange, tickWriter, timeTicks, valueSteps, valueTicks } from "./ticks";
import { selectByTouch } from "./touch_select";

export interface PlotInput {
  picture: Picture;
  board: BoardView;
  interval: { from: number; to: number };
  step: number;
  exemplars: readonly Exemplar[];
  hidden: ReadonlySet<string>; // series switched off in the legend
  panelId: number;
}

export interface Hover {
  index: number;
  left: number;
  top: number;
  marks: Mark[];
  exemplar: Exemplar | undefined;
  colorOf: (series: Drawn) => string;
  plot: uPlot;
}

const FONT = "11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
// Steps between the marks of time, in seconds: fine enough that a narrow graph of minutes has two of them.
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_592_000, 7_776_000, 15_552_000, 31_536_000];
const NEAR_PX = 7;
const CLICK_PX = 6; // a pointer that moved less has not dragged
const DENSE = 3; // points per pixel from which lines are inked
const SLACK_PX = 16;
const GHOST = 0.55; // of the colour of what was earlier
const FADED = 0.08; // what a gradient leaves of the area's colour at the bottom

// Where the pointer went down last, and whether with Ctrl: plots that share a cursor are all told of a drag.
let pressed: { plot: GraphPlot; marking: boolean } | undefined;

export class GraphPlot {
  private plot: uPlot;
  private signature: string;
  // uPlot draws in a later task: one that has been destroyed meanwhile must not look at the new picture.
  private readonly gone = new WeakSet<uPlot>();
  // Of series with more points than the picture can show; thrown away with the data.
  private bounds: Int32Array | undefined;
  private columns: (Columns | undefined)[] = [];
  // What each axis showed last of its data.
  private readonly extents = new Map<string, readonly [number, number]>();

  constructor(
    private readonly host: HTMLElement,
    private input: PlotInput,
    private size: { width: number; height: number },
    private readonly onHover: (hover: Hover | undefined) => void,
  ) {
    this.signature = signatureOf(input);
    this.plot = this.build();
    // `heights` is what stacking makes of the values.
    tellDrawn(host, () => ({
      times: this.plot.data[0],
      rows: this.input.picture.series.map((s, i) => ({ name: s.name, values: s.values, heights: (this.plot.data[i + 1] ?? []) as ArrayLike<number> })),
    }));
  }

  update(input: PlotInput): void {
    const before = this.input;
    this.input = input;
    this.forget();
    // A tick has the axes of the last picture itself.
    const signature = input.picture.axes === before.picture.axes && input.board === before.board && input.hidden === before.hidden ? this.signature : signatureOf(input);
    if (signature !== this.signature) {
      this.signature = signature;
      this.gone.add(this.plot);
      this.plot.destroy();
      this.plot = this.build();
      return;
    }
    // Drawn at once, not in a later task: the drawing loop counts what it costs.
    this.plot.batch(() => this.plot.setData(this.rows()));
  }

  resize(size: { width: number; height: number }): void {
    if (size.width === this.size.width && size.height === this.size.height) return;
    this.size = size;
    this.forget();
    this.plot.setSize(size);
  }

  /** Puts the cursor at a point of a series; at none it is taken away. */
  point(at: { index: number; series: Drawn } | undefined): void {
    const time = at && this.input.picture.times[at.index];
    if (at === undefined || time === undefined) return this.plot.setCursor({ left: -10, top: -10 });
    const value = at.series.drawn[at.index] ?? NaN;
    this.plot.setCursor({ left: this.plot.valToPos(time, "x"), top: Number.isNaN(value) ? 0 : this.plot.valToPos(value, at.series.axis) });
  }

  destroy(): void {
    this.gone.add(this.plot);
    this.plot.destroy();
  }

  private forget(): void {
    this.bounds = undefined;
    this.columns = [];
  }

  private isDense(from: number, to: number): boolean {
    return to - from > DENSE * this.size.width * uPlot.pxRatio;
  }

  private isInked(u: uPlot, drawn: Drawn): boolean {
    const idxs = u.series[0]!.idxs;
    // Ink has one colour and knows no logarithm of places.
    return drawn.style.draw === "line" && drawn.style.gradient !== "scheme" && !((this.input.picture.over?.log ?? 0) > 0) && this.isDense(idxs?.[0] ?? 0, idxs?.[1] ?? -1);
  }

  private columnsFor(u: uPlot, index: number): Columns {
    const { picture } = this.input;
    const span = spanOf(this.input);
    const [from, to] = u.series[0]!.idxs ?? [0, -1];
    // A graph that has not been laid out yet works out the extent of its axes from as many as it is wide.
    const count = FINE * Math.round(u.bbox?.width > 0 ? u.bbox.width : this.size.width * uPlot.pxRatio);
    if (this.bounds?.length !== count + 1) {
      this.forget();
      this.bounds = columnBounds(picture.times, from, to, span[0], span[1], count);
    }
    return (this.columns[index] ??= columnsOf(picture.series[index]!.drawn, this.bounds!));
  }

  private rows(): uPlot.AlignedData {
    const { picture } = this.input;
    return [picture.times, ...picture.series.map((s) => s.drawn)] as unknown as uPlot.AlignedData;
  }

  private build(): uPlot {
    const { picture, board, hidden } = this.input;
    const dim = themed("var(--dim)");
    const grid = { stroke: themed("var(--grid)"), width: 1 };
    const axes = picture.axes.length > 0 ? picture.axes : [];
    const scales: uPlot.Scales = {
      x: { time: picture.over === undefined, range: () => spanOf(this.input), ...logOf(picture.over) },
    };
    for (const axis of axes) {
      scales[axis.key] = { range: (u) => this.range(u, axis.key), ...logOf(axis) };
    }
    if (axes.length === 0) scales.y = { range: [0, 1] };
    const firstLeft = axes.find((a) => !a.hidden);
    const options: uPlot.Options = {
      ...this.size,
      padding: [8, axes.some((a) => a.side === "right" && !a.hidden) ? 0 : 10, 0, axes.some((a) => a.side === "left" && !a.hidden) ? 0 : 8],
      legend: { show: false },
      focus: { alpha: 1 },
      cursor: {
        points: { size: 6, width: 1.5, ...(picture.series.some(({ style }) => style.gradient === "scheme") ? this.pointColors() : {}) },
        drag: { x: picture.over === undefined, y: false, setScale: false },
        dataIdx: (u, series, index) => (series > 0 && Number.isNaN(Number(u.data[series]?.[index])) ? (null as unknown as number) : index),
        ...(board.sync === "" ? {} : { sync: { key: board.sync, setSeries: false } }),
      },
      scales,
      axes: [
        { stroke: dim, grid, ticks: { ...grid, size: 4 }, font: FONT, size: 24, gap: 3, space: 64, ...(picture.over === undefined ? this.timeMarks() : placeMarks(picture.over)) },
        ...(axes.length === 0 ? [{ scale: "y", show: false }] : axes.map((axis) => this.axis(axis, axis === firstLeft, dim, grid))),
      ],
      series: [{}, ...picture.series.map((s, i) => this.series(s, i, hidden))],
      hooks: {
        drawAxes: [(u) => this.gone.has(u) || this.drawBelow(u)],
        drawSeries: [(u, index) => this.gone.has(u) || this.ink(u, index - 1)],
        draw: [(u) => this.gone.has(u) || this.drawAbove(u)],
        setCursor: [(u) => this.gone.has(u) || this.hover(u)],
        ready: [(u) => this.listen(u)],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
            const { board, panelId } = this.input;
            const marking = pressed?.marking === true && board.onMark !== undefined;
            if (width > CLICK_PX && !marking) board.onZoom?.(from, to);
            else if (width > CLICK_PX && pressed?.plot === this) board.onMark?.({ panelId, from, to });
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
    return new uPlot(options, this.rows(), this.host);
  }

  private timeMarks(): uPlot.Axis {
    return { incrs: TIME_STEPS, values: (u, splits, _axis, _space, step) => timeTicks(splits, step, this.input.board.zone).map((text, i) => (fitsAt(u, splits[i]!, text) ? text : "")) };
  }

  private pointColors(): uPlot.Cursor.Points {
    const color = (u: uPlot, series: number) => this.colorOf(this.input.picture.series[series - 1]!, u.cursor.idx ?? 0);
    return { fill: color, stroke: color };
  }

  private colorOf(drawn: Drawn, index: number): string {
    if (drawn.colorAt !== undefined) return drawn.colorAt(index);
    const stops = this.stopsOf(drawn);
    return stops === undefined ? drawn.color : colorAt(stops, drawn.drawn[index] ?? NaN);
  }

  private stopsOf({ style, config, axis: key }: Drawn): Stops | undefined {
    if (style.gradient !== "scheme") return undefined;
    const [low, high] = this.extents.get(key) ?? [0, 1];
    const axis = this.input.picture.axes.find((one) => one.key === key);
    return axis && stopsOf(config, axis, low, high);
  }

  // The colours of its values along its axis, or its one colour.
  private inkOf(u: uPlot, drawn: Drawn, alpha: number): string | CanvasGradient {
    const stops = this.stopsOf(drawn);
    if (stops === undefined) return alpha < 1 ? withAlpha(drawn.color, alpha) : strokeOf(drawn);
    const { y } = this.scale(u, drawn.axis);
    const { top, height } = u.bbox;
    return gradientOf(u.ctx, stops, { top, height }, (value) => (top + height - y(value)) / height, drawn.ghost ? alpha * GHOST : alpha);
  }

  // The extent is worked out here, as uPlot's own would stop at the first NaN.
  private range(u: uPlot, key: string): [number, number] {
    const { picture, hidden } = this.input;
    const axis = picture.axes.find((a) => a.key === key);
    const log = axis !== undefined && axis.log > 0;
    let low = Infinity;
    let high = -Infinity;
    let zero = false;
    for (const one of picture.series) {
      if (one.axis !== key || one.hidden.viz || hidden.has(one.name)) continue;
      const own = this.extentOf(u, one, log);
      low = Math.min(low, own.low);
      high = Math.max(high, own.high);
      zero ||= one.style.draw === "bars" || one.style.stack !== "";
    }
    const some = low <= high;
    this.extents.set(key, some ? [low, high] : [0, 1]);
    if (axis?.part !== undefined) return [0, Math.max(some ? high : 0, Number.MIN_VALUE) / axis.part];
    return shownRange(axis, axisRange(some ? low : null, some ? high : null, { min: axis?.min, max: axis?.max, softMin: axis?.softMin, softMax: axis?.softMax, log: axis?.log ?? 0, centred: axis?.centred ?? false, zero }));
  }

  private extentOf(u: uPlot, one: Drawn, log: boolean): Extent {
    if (this.isInked(u, one)) {
      const columns = this.columnsFor(u, this.input.picture.series.indexOf(one));
      const low = extent(columns.low, 0, columns.low.length - 1).low;
      const high = extent(columns.high, 0, columns.high.length - 1).high;
      if (low > 0 || (low <= high && !log)) return { low, high };
    }
    const idxs = u.series[0]!.idxs;
    return extent(one.drawn, idxs?.[0] ?? 0, idxs?.[1] ?? this.input.picture.times.length - 1, log);
  }

  private axis(axis: Axis, first: boolean, dim: string, grid: uPlot.Axis.Grid): uPlot.Axis {
    // An axis that needs a little less room than it has keeps it: the graph
    // stays where it is, and its canvas is not made anew.
    let measured = { of: "", size: 0 };
    const texts = tickWriter(axis.unit, axis.decimals);
    const steps = axis.log > 0 ? undefined : valueSteps(axis.unit);
    const out: uPlot.Axis = {
      ...(steps === undefined ? {} : { incrs: steps }),
      scale: axis.key,
      show: !axis.hidden,
      side: axis.side === "right" ? 1 : 3,
      stroke: dim,
      grid: first && axis.grid ? grid : { show: false },
      ticks: { show: false },
      font: FONT,
      gap: 5,
      space: (_u, _axis, _min, _max, size) => (axis.part === undefined ? Math.max(28, size / 9) : 20),
      size: (u, values) => {
        if (!values?.length) return 38;
        const of = `${values.join("\n")} ${uPlot.pxRatio}`;
        if (measured.of === of) return measured.size;
        u.ctx.save();
        u.ctx.font = FONT.replace("11px", `${11 * uPlot.pxRatio}px`);
        const widest = values.reduce((most, text) => Math.max(most, u.ctx.measureText(text ?? "").width), 0) / uPlot.pxRatio;
        u.ctx.restore();
        const wanted = Math.max(38, Math.ceil(widest) + 12);
        const keeps = wanted <= measured.size && wanted + SLACK_PX >= measured.size;
        measured = { of, size: keeps ? measured.size : wanted };
        return measured.size;
      },
      values: (_u, given) => {
        // Where the values take a part of the height, the marks above them say nothing.
        const most = axis.part === undefined ? Infinity : this.extents.get(axis.key)?.[1] ?? Infinity;
        const splits = most === Infinity ? given : given.map((split, i) => (i > 0 && given[i - 1]! > most ? null : split));
        return texts(splits);
      },
    };
    if (axis.label !== "") Object.assign(out, { label: axis.label, labelSize: 18, labelGap: 0, labelFont: FONT });
    return out;
  }

  private series(drawn: Drawn, index: number, hidden: ReadonlySet<string>): uPlot.Series {
    const { style, color } = drawn;
    const byValue = (alpha: number) => (u: uPlot) => this.inkOf(u, this.input.picture.series[index]!, alpha);
    const out: uPlot.Series = {
      label: drawn.name,
      scale: drawn.axis,
      auto: false,
      show: !drawn.hidden.viz && !hidden.has(drawn.name),
      stroke: style.gradient === "scheme" ? byValue(1) : strokeOf(drawn),
      width: style.width,
      dash: style.dash,
      ...(style.round ? { cap: "round" as const } : {}),
      points: { show: false },
      paths: (u, seriesIndex, from, to) => this.paths(u, seriesIndex, from, to, index),
    };
    const fill = style.draw === "bars" ? Math.max(0.35, style.fill || 0.7) : style.draw === "line" ? style.fill : 0;
    if (fill > 0)
      out.fill = style.gradient === "scheme" ? byValue(fill) : style.gradient === "fade"
        ? (u) => {
            const shade = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + u.bbox.height);
            shade.addColorStop(0, withAlpha(color, fill));
            shade.addColorStop(1, withAlpha(color, fill * FADED));
            return shade;
          }
        : withAlpha(color, fill);
    return out;
  }

  private scale(u: uPlot, axis: string): Scale {
    const times = this.input.picture.times;
    const { left, width, top, height } = u.bbox;
    const { min = 0, max = 1 } = u.scales.x!;
    const perSecond = width / (max - min);
    const y = u.scales[axis]!;
    const low = y.min ?? 0;
    const high = y.max ?? 1;
    const toY = y.distr === 3
      ? (value: number) => (value <= 0 ? top + height : top + height - ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))) * height)
      : (value: number) => top + height - ((value - low) / (high - low)) * height;
    const zero = y.distr === 3 || low > 0 ? top + height : high < 0 ? top : toY(0);
    const x = u.scales.x!.distr === 3 ? (i: number) => u.valToPos(times[i]!, "x", true) : (i: number) => left + (times[i]! - min) * perSecond;
    return { x, y: toY, bottom: zero };
  }

  private paths(u: uPlot, _series: number, from: number, to: number, index: number): uPlot.Series.Paths | null {
    const { picture, step } = this.input;
    const drawn = picture.series[index];
    if (drawn === undefined || picture.times.length === 0 || this.gone.has(u)) return null;
    const { style, below } = drawn;
    if (style.draw === "points" || style.draw === "other" || this.isInked(u, drawn)) return null;
    const scale = this.scale(u, drawn.axis);
    const pixels = u.bbox.width;
    if (style.draw === "bars") {
      const wide = (step * u.bbox.width) / ((u.scales.x!.max ?? 1) - (u.scales.x!.min ?? 0));
      const built = barPaths(drawn.drawn, from, to, scale, (i) => (below === undefined || Number.isNaN(below[i]!) ? scale.bottom : scale.y(below[i]!)), wide, style);
      return { stroke: style.width > 0 ? built.stroke : (null as unknown as Path2D), fill: built.fill as Path2D };
    }
    const built = linePaths(drawn.drawn, picture.times, from, to, scale, style);
    const floor = this.floorOf(drawn);
    const fill = floor !== undefined && style.fill > 0 ? bandPath(drawn.drawn, floor, from, to, scale, pixels) : built.fill;
    return { stroke: style.width > 0 ? built.stroke : (null as unknown as Path2D), ...(fill === undefined ? {} : { fill }) } as uPlot.Series.Paths;
  }

  // What the area of a series stands on, if not on the ground.
  private floorOf({ style, below }: Drawn): Float64Array | undefined {
    return below ?? (style.fillBelowTo === "" ? undefined : this.input.picture.series.find((s) => s.name === style.fillBelowTo)?.drawn);
  }

  // Lines of many points go onto the canvas together, with the last of those that follow each other.
  private ink(u: uPlot, index: number): void {
    const { series } = this.input.picture;
    const isShown = (i: number) => u.series[i + 1]!.show === true;
    const isDashed = (i: number) => series[i]!.style.dash.length > 0;
    if (!this.isInked(u, series[index]!)) return;
    let next = index + 1;
    while (next < series.length && !isShown(next)) next++;
    if (next < series.length && this.isInked(u, series[next]!) && !isDashed(index)) return;
    const strokes: Stroke[] = [];
    for (let i = index; i >= 0; i--) {
      if (!isShown(i)) continue;
      if (!this.isInked(u, series[i]!) || (i < index && isDashed(i))) break;
      strokes.unshift(this.stroke(u, i));
    }
    const { left, top, width, height } = u.bbox;
    layStrokes(u.ctx, strokes, { left: Math.round(left), top: Math.round(top), width: Math.round(width), height: Math.round(height) });
    if (isDashed(index)) this.dash(u, index);
  }

  private bridgeOf(drawn: Drawn, columns: Columns): number {
    const [from, to] = spanOf(this.input);
    return Math.max(FINE - 1, (drawn.style.spanGaps / (to - from)) * columns.first.length);
  }

  private stroke(u: uPlot, index: number): Stroke {
    const { series } = this.input.picture;
    const drawn = series[index]!;
    const { style } = drawn;
    const { y, bottom } = this.scale(u, drawn.axis);
    const { top, height } = u.bbox;
    const spans = (of: number): Spans => {
      const columns = this.columnsFor(u, of);
      return spansOf(columns, (value) => y(value) - top, this.bridgeOf(drawn, columns), style.curve);
    };
    const line = spans(index);
    const floor = style.fill > 0 ? this.floorOf(drawn) : undefined;
    const under = floor === undefined ? -1 : series.findIndex((s) => s.drawn === floor);
    const fade = style.gradient === "fade" ? (1 - FADED) / height : 0;
    return {
      line,
      width: style.dash.length > 0 ? 0 : style.width * uPlot.pxRatio,
      color: colorOf(strokeOf(drawn)),
      area: style.fill > 0 ? { spans: areaOf(line, under < 0 ? undefined : spans(under), bottom - top, height), color: colorOf(themed(drawn.color)), shade: (row) => style.fill * (1 - fade * (row + 0.5)) } : undefined,
    };
  }

  private dash(u: uPlot, index: number): void {
    const drawn = this.input.picture.series[index]!;
    const { ctx, bbox } = u;
    const columns = this.columnsFor(u, index);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.strokeStyle = strokeOf(drawn);
    ctx.lineWidth = drawn.style.width * uPlot.pxRatio;
    ctx.lineJoin = "round";
    ctx.lineCap = drawn.style.round ? "round" : "butt";
    ctx.setLineDash(drawn.style.dash);
    ctx.stroke(columnPath(columns, (c) => bbox.left + (c + 0.5) / FINE, this.scale(u, drawn.axis).y, this.bridgeOf(drawn, columns)));
    ctx.restore();
  }

  // Threshold areas and marked spans lie below the lines.
  private drawBelow(u: uPlot): void {
    const { picture, board } = this.input;
    withinPlot(u, () => {
      for (const axis of picture.axes) thresholdAreas(u, axis);
      markGrounds(u, groundsOf(board.marks.all));
      this.paint(u);
    });
  }

  private paint(u: uPlot): void {
    const { paint } = this.input.picture;
    if (paint === undefined) return;
    const [from, to] = u.series[0]!.idxs ?? [0, this.input.picture.times.length - 1];
    paint(u.ctx, { scaleOf: (axis) => this.scale(u, axis), from, to, width: u.bbox.width, ratio: uPlot.pxRatio });
  }

  private drawAbove(u: uPlot): void {
    const { picture, exemplars, board } = this.input;
    const ratio = uPlot.pxRatio;
    withinPlot(u, () => {
      for (const axis of picture.axes) thresholdLines(u, axis, ratio);
      for (const drawn of picture.series) this.dots(u, drawn);
      const axis = picture.axes[0];
      if (axis !== undefined && exemplars.length > 0) exemplarSigns(u, axis.key, exemplars, ratio);
      markLines(u, board.marks.all, ratio);
    });
  }

  private dots(u: uPlot, drawn: Drawn): void {
    const { picture, hidden } = this.input;
    if (drawn.hidden.viz || hidden.has(drawn.name) || picture.times.length === 0) return;
    const idxs = u.series[0]!.idxs;
    const from = idxs?.[0] ?? 0;
    const to = idxs?.[1] ?? picture.times.length - 1;
    const dense = this.isDense(from, to);
    const at = dotsOf(drawn, from, to, u.bbox.width / uPlot.pxRatio, dense);
    if (at.length === 0) return;
    u.ctx.fillStyle = drawn.style.gradient === "scheme" ? this.inkOf(u, drawn, 1) : drawn.color;
    dots(u, drawn, at, this.scale(u, drawn.axis), uPlot.pxRatio, dense);
  }

  // With Ctrl a drag is a span to be marked and a click a moment; a click on a posted mark opens it.
  private listen(u: uPlot): void {
    let down = { x: 0, y: 0 };
    if (this.input.picture.over === undefined) selectByTouch(u, () => (pressed = { plot: this, marking: false })); // only time is zoomed
    u.over.addEventListener("mousedown", (event) => {
      pressed = { plot: this, marking: event.ctrlKey || event.metaKey };
      down = { x: event.clientX, y: event.clientY };
    }, { capture: true });
    u.over.addEventListener("click", (event) => {
      const { board, panelId } = this.input;
      if (!board.onMark || Math.hypot(event.clientX - down.x, event.clientY - down.y) > CLICK_PX) return;
      const left = event.clientX - u.over.getBoundingClientRect().left;
      const at = u.posToVal(left, "x");
      const mark = this.marksNear(u, left).find(({ id }) => id !== undefined);
      const request = event.ctrlKey || event.metaKey ? { panelId, from: at, to: at } : mark && { panelId, from: mark.from, to: mark.to, mark };
      if (!request) return;
      event.stopPropagation(); // else the click would pin the tip as well
      board.onMark(request);
    });
  }

  private marksNear(u: uPlot, left: number): Mark[] {
    const near = (time: number) => Math.abs(u.valToPos(time, "x") - left) <= NEAR_PX;
    const at = u.posToVal(left, "x");
    return this.input.board.marks.all.filter((m) => near(m.from) || (m.to > m.from && (near(m.to) || (at >= m.from && at <= m.to))));
  }

  private hover(u: uPlot): void {
    const { left = -1, top = -1, idx } = u.cursor;
    if (idx === null || idx === undefined || left < 0) return this.onHover(undefined);
    const { exemplars, picture } = this.input;
    const near = (time: number) => Math.abs(u.valToPos(time, "x") - left) <= NEAR_PX;
    const marks = this.marksNear(u, left);
    const axis = picture.axes[0];
    const exemplar = axis === undefined ? undefined : exemplars.find((e) => near(e.time) && Math.abs(u.valToPos(e.value, axis.key) - top) <= NEAR_PX);
    this.onHover({ index: idx, left, top, marks, exemplar, colorOf: (series) => this.colorOf(series, idx), plot: u });
  }
}

// Whether a text centred there lies within the picture; half a time at its edge says less than none.
function fitsAt(u: uPlot, at: number, text: string): boolean {
  const x = u.bbox.left / uPlot.pxRatio + u.valToPos(at, "x");
  const half = text.length * 3.2;
  return x - half >= -1 && x + half <= u.width + 1;
}

// A threshold line that lies close is kept in sight; one far away must not flatten the data.
function shownRange(axis: Axis | undefined, range: [number, number]): [number, number] {
  const from = range[0];
  let to = range[1];
  if (axis?.thresholds !== undefined && axis.max === undefined && axis.log === 0) {
    for (const { value } of axis.thresholds.steps) if (Number.isFinite(value) && value > to && value < to + (to - from) * 0.6) to = value + (to - from) * 0.05;
  }
  return from < to ? [from, to] : [from, from + 1];
}

function strokeOf({ color, ghost }: Drawn): string {
  return themed(ghost ? withAlpha(color, GHOST) : color);
}

function logOf(axis: { log: number } | undefined): uPlot.Scale {
  return axis !== undefined && axis.log > 0 ? { distr: 3, log: axis.log === 2 ? 2 : 10 } : {};
}

/** From where to where places go, in seconds or in what they are of. */
export function spanOf({ picture, interval }: Pick<PlotInput, "picture" | "interval">): [number, number] {
  const { over, times, step = 0 } = picture;
  if (over === undefined) return [interval.from, interval.to];
  const bars = picture.series.some(({ style }) => style.draw === "bars") && over.log === 0 ? step / 2 : 0;
  // Bounds at or below zero have no place on an axis of a logarithm, and uPlot would look for marks there for ever.
  const bound = (set: number | undefined) => (over.log > 0 && set !== undefined && set <= 0 ? undefined : set);
  const first = over.log > 0 ? times.find((place) => place > 0) : times[0];
  const from = bound(over.min) ?? (first ?? 1) - bars;
  const to = bound(over.max) ?? (times[times.length - 1] ?? 2) + bars;
  return from < to ? [from, to] : over.log > 0 ? [from / over.log, from * over.log] : [from - 0.5, from + 0.5];
}

function placeMarks({ unit, decimals, label, grid, hidden }: OverAxis): uPlot.Axis {
  return {
    show: !hidden,
    ...(grid ? {} : { grid: { show: false } }),
    values: (u, splits) => valueTicks(splits, unit, decimals).map((text, i) => (fitsAt(u, splits[i] ?? 0, text) ? text : "")),
    ...(label === "" ? {} : { label, labelSize: 16, labelGap: 0, labelFont: FONT }),
  };
}

function signatureOf({ picture, board, hidden }: PlotInput): string {
  return JSON.stringify([
    picture.series.map((s) => [s.name, s.color, s.axis, s.style, s.hidden, s.ghost]),
    picture.axes,
    picture.over,
    board.theme,
    board.zone,
    board.sync,
    [...hidden],
  ]);
}
