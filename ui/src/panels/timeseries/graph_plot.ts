// A graph on its page. What it shows is laid out and drawn here (scene.ts, draw_graph.ts); uPlot holds the canvas and what goes with the
// pointer: cursor, drag, and the graphs that share them. At a tick it is left alone unless somebody points at the graph: its scales
// and axes are general, and each graph has its own functions for them.
import uPlot from "uplot";
import { schedule, unschedule } from "../../dashboard/data/frame_loop";
import type { Exemplar } from "../../dashboard/data/panel_source";
import { tellDrawn } from "../../charts/drawn";
import type { Mark } from "../marks/marks";
import { drawGraph } from "./draw_graph";
import { strokeOf } from "./graph_series";
import type { Drawn } from "./picture";
import { Scene, type PlotInput } from "./scene";
import { selectByTouch } from "./touch_select";

export interface Hover {
  index: number;
  left: number;
  top: number;
  marks: Mark[];
  exemplar: Exemplar | undefined;
  colorOf: (series: Drawn) => string;
  plot: uPlot;
}

const NEAR_PX = 7;
const CLICK_PX = 6; // a pointer that moved less has not dragged
const AWAY = { left: -10, top: -10 };
const READY = 1;
type Published = Parameters<uPlot.Cursor.Sync.Filter>;
const POINTING = ["mouseover", "mousemove", "mousedown", "pointerdown"] as const;

// Where the pointer went down last, whether it is still down, and whether with Ctrl: plots that share a cursor are all told of a drag.
let pressed: { plot: GraphPlot; marking: boolean; held: boolean } | undefined;
const release = () => void (pressed !== undefined && (pressed.held = false));

export class GraphPlot {
  private scene: Scene;
  private plot: uPlot;
  private signature: string;
  // uPlot draws in a later task: one that has been destroyed meanwhile must not look at the new picture.
  private readonly gone = new WeakSet<uPlot>();
  // What is drawn is newer than what uPlot knows.
  private ahead = false;
  private published: Published | undefined; // what it is to follow

  constructor(
    private readonly host: HTMLElement,
    private input: PlotInput,
    private size: { width: number; height: number },
    private readonly onHover: (hover: Hover | undefined) => void,
  ) {
    this.signature = signatureOf(input);
    this.scene = new Scene(input);
    this.plot = this.build();
    // `heights` is what stacking makes of the values.
    tellDrawn(host, () => ({
      times: this.input.picture.times,
      rows: this.input.picture.series.map((s) => ({ name: s.name, values: s.values, heights: s.drawn })),
    }));
  }

  update(input: PlotInput): void {
    const before = this.input;
    this.input = input;
    // A tick has the axes of the last picture itself.
    const signature = input.picture.axes === before.picture.axes && input.board === before.board && input.hidden === before.hidden ? this.signature : signatureOf(input);
    if (signature !== this.signature) {
      this.signature = signature;
      this.gone.add(this.plot);
      this.plot.destroy();
      this.scene = new Scene(input);
      this.plot = this.build();
      return;
    }
    const { left, right } = this.scene.room;
    this.lay();
    const isMoved = left !== this.scene.room.left || right !== this.scene.room.right;
    if (isMoved || this.isPointedAt()) this.tell();
    else {
      drawGraph(this.plot.ctx, this.scene);
      this.ahead = true;
    }
  }

  resize(size: { width: number; height: number }): void {
    if (size.width === this.size.width && size.height === this.size.height) return;
    this.size = size;
    this.lay();
    this.plot.setSize(size);
  }

  /** Puts the cursor at a point of a series; at none it is taken away. */
  point(at: { index: number; series: Drawn } | undefined): void {
    const time = at && this.input.picture.times[at.index];
    if (at === undefined || time === undefined) {
      // It has lost the focus to a press on another graph, of which all with the same cursor know: to them a move now is a drag.
      if (pressed?.held !== true || this.input.board.sync === "") this.plot.setCursor(AWAY);
      return;
    }
    this.wake();
    const value = at.series.drawn[at.index] ?? NaN;
    this.plot.setCursor({ left: this.plot.valToPos(time, "x"), top: Number.isNaN(value) ? 0 : this.plot.valToPos(value, at.series.axis) });
  }

  destroy(): void {
    if (pressed?.plot === this) pressed = undefined;
    unschedule(this.follow);
    this.gone.add(this.plot);
    this.plot.destroy();
  }

  private lay(): void {
    this.scene.lay(this.input, this.size.width, this.size.height, uPlot.pxRatio);
  }

  private isPointedAt(): boolean {
    const { cursor, select, status } = this.plot;
    return status !== READY || (cursor.left ?? -1) >= 0 || select.width > 0;
  }

  private wake = (): void => {
    if (this.ahead) this.tell();
  };

  // Whether uPlot may hear now what another graph with the same cursor says of it. After ticks it has to hear what is shown first, and
  // that has it drawn: with a board full of graphs the pointer would wait for all of them, so they follow in the drawing loop.
  private follows(event: Published): boolean {
    if (this.ahead && event[0] === "mousemove") {
      this.published = event;
      schedule(this.follow);
      return false;
    }
    this.wake();
    return true;
  }

  private follow = (): void => {
    if (this.published === undefined || this.plot.status !== READY) return;
    this.wake();
    (this.plot as unknown as { pub: (...event: Published) => void }).pub(...this.published);
    this.published = undefined;
  };

  // Lets uPlot know what is shown. It has it drawn at once, not in a later task: the drawing loop counts what it costs.
  private tell(): void {
    this.ahead = false;
    this.plot.batch(() => {
      this.plot.setData(this.rows());
      this.plot.redraw(false, true); // its axes have no part in it, but the room around the plot is asked with them
    });
  }

  private rows(): uPlot.AlignedData {
    const { picture } = this.input;
    return [picture.times, ...picture.series.map((s) => s.drawn)] as unknown as uPlot.AlignedData;
  }

  private build(): uPlot {
    const { picture, board } = this.input;
    this.ahead = false;
    this.lay();
    const { scene } = this;
    const scales: uPlot.Scales = { x: { time: false, range: () => [scene.place.low, scene.place.high], ...distributionOf(scene.place.log) } };
    for (const { key } of picture.axes) {
      const span = scene.spanOf(key);
      scales[key] = { range: () => [span.low, span.high], ...distributionOf(span.log) };
    }
    if (picture.axes.length === 0) scales.y = { range: [0, 1] };
    const colorOf = (u: uPlot, series: number) => {
      const drawn = this.input.picture.series[series - 1]!;
      return drawn.colorAt === undefined && drawn.style.gradient !== "scheme" ? strokeOf(drawn) : scene.colorOf(drawn, u.cursor.idx ?? 0);
    };
    const options: uPlot.Options = {
      ...this.size,
      drawOrder: [],
      padding: [() => this.topRoom(), () => scene.room.right, () => scene.room.bottom, () => scene.room.left],
      legend: { show: false },
      focus: { alpha: 1 },
      cursor: {
        points: { size: 6, width: 1.5, fill: colorOf, stroke: colorOf },
        drag: { x: picture.over === undefined, y: false, setScale: false },
        dataIdx: (u, series, index) => (series > 0 && Number.isNaN(Number(u.data[series]?.[index])) ? (null as unknown as number) : index),
        ...(board.sync === "" ? {} : { sync: { key: board.sync, setSeries: false, filters: { sub: (...event) => this.follows(event) } } }),
      },
      scales,
      axes: [{ show: false }, ...Object.keys(scales).slice(1).map((scale) => ({ scale, show: false }))],
      series: [{}, ...picture.series.map((drawn) => ({ label: drawn.name, scale: drawn.axis, auto: false, show: scene.isShown(drawn), points: { show: false } }))],
      hooks: {
        draw: [(u) => this.gone.has(u) || drawGraph(u.ctx, scene)],
        setCursor: [(u) => this.gone.has(u) || this.hover(u)],
        ready: [(u) => this.listen(u)],
        setSelect: [
          (u) => {
            this.wake(); // a finger may have rested on the graph over ticks
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

  // uPlot asks for the room when the canvas gets other pixels, too.
  private topRoom(): number {
    if (this.scene.ratio !== uPlot.pxRatio) this.lay();
    return this.scene.room.top;
  }

  // With Ctrl a drag is a span to be marked and a click a moment; a click on a posted mark opens it.
  private listen(u: uPlot): void {
    let down = { x: 0, y: 0 };
    for (const type of POINTING) u.root.addEventListener(type, this.wake, { capture: true });
    if (this.input.picture.over === undefined) selectByTouch(u, () => (pressed = { plot: this, marking: false, held: false })); // only time is zoomed
    u.over.addEventListener("mousedown", (event) => {
      pressed = { plot: this, marking: event.ctrlKey || event.metaKey, held: true };
      addEventListener("mouseup", release, { capture: true, once: true });
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
    this.onHover({ index: idx, left, top, marks, exemplar, colorOf: (series) => this.scene.colorOf(series, idx), plot: u });
  }
}

function distributionOf(log: number): uPlot.Scale {
  return log === 0 ? {} : { distr: 3, log: log as 2 | 10 };
}

// What a graph is built anew for.
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
