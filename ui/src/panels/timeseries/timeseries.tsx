// Graph panel. React draws names and rows of the legend; the plot and the legend's values are drawn past it, at each tick.
import { memo, useEffect, useLayoutEffect, useMemo, useRef, type RefObject } from "react";
import "uplot/dist/uPlot.min.css";
import type { Panel } from "../../dashboard/model/board";
import { objectOf, textOf } from "../../dashboard/model/json";
import { dateAndClock } from "../../time/zone";
import { makeField, makeFrame } from "../../dashboard/data/frame";
import type { Exemplar, PanelData } from "../../dashboard/data/panel_source";
import { useRedraw } from "../marks/use_redraw";
import type { BoardView, PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { GraphPlot, type Hover } from "./graph_plot";
import { Legend, type LegendValues } from "./legend";
import { legendRoom, useHidden } from "./legend_room";
import { useTicks } from "../painted";
import { PictureMaker, type Drawn, type Picture } from "./picture";
import { spanOf, type PlotInput } from "./scene";
import { chartKey, focusLink, isInside, nextPlace, onEscape } from "../pinned";
import { dataLinks } from "../data_links";
import type { ShownLink } from "../links";
import type { Scope } from "../../dashboard/model/scope";
import { catalogue } from "../../text/catalogue";

const t = catalogue({ earlier: "{name} (earlier)", exemplar: "Exemplar {value}" }, { de: { earlier: "{name} (früher)", exemplar: "Exemplar {value}" } });
const TIP_ROWS = 14;

export default function TimeSeries(props: PanelViewProps) {
  return <Graph {...props} make={useMaker(() => new PictureMaker())} />;
}

export interface GraphProps extends PanelViewProps {
  make: Maker;
  /** Of the rows of a tip, where the board says none. */
  order?: string;
}

type Maker = { make: (panel: Panel, data: PanelData) => Picture };

/** One for as long as the panel is there. */
export function useMaker<M extends Maker>(first: () => M): M {
  const maker = useRef<M>(null);
  return (maker.current ??= first());
}

/**
 * What kinds of panels have in common that draw lines of numbers; `make` says which. The board's range goes on every
 * few seconds, and what links say of it. The legend and the frame do not: a graph is rendered when anything else changes.
 */
export function Graph({ board, scope, ...rest }: GraphProps) {
  const given = useRef({ board, scope });
  given.current = { board, scope };
  const look = useRef(board);
  if (looksOther(board, look.current)) look.current = board;
  return <Lines {...rest} given={given} look={look.current} />;
}

function looksOther(next: BoardView, before: BoardView): boolean {
  return (Object.keys({ ...before, ...next }) as (keyof BoardView)[]).some((key) => key !== "interval" && next[key] !== before[key]);
}

interface LinesProps extends Omit<GraphProps, "board" | "scope"> {
  /** What changes without the graph being rendered. */
  given: RefObject<Pick<PanelViewProps, "board" | "scope">>;
  look: BoardView;
}

const Lines = memo(function Lines({ panel, source, data, given, look, width, height, make: maker, order: rowOrder = "desc" }: LinesProps) {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<GraphPlot | null>(null);
  const values = useRef<LegendValues>(null);
  const picture = useMemo(() => maker.make(panel, data), [panel, data]);

  const [hidden, toggle] = useHidden(picture.series.map((s) => s.name));
  const { shown, side, table, calcs, sort, box, plot: size } = legendRoom(panel, picture.series, width, height);

  // What is on the screen, which is newer than what React has rendered.
  const latest = useRef<PlotInput>(null!);
  const tickDrawn = useRef<PanelData>(null);
  const take = () => {
    const newest = source.snapshot();
    tickDrawn.current = newest;
    const drawn = newest === data ? picture : maker.make(panel, newest);
    latest.current = { picture: drawn, board: given.current.board, interval: newest.interval, step: drawn.step ?? newest.step, exemplars: drawn.over === undefined ? exemplarsOf(newest) : NO_EXEMPLARS, hidden, panelId: panel.id };
  };
  const draw = () => {
    take();
    plot.current?.update(latest.current);
    values.current?.write(latest.current.picture.series);
  };
  useRedraw(look.marks, draw);
  const tooltip = objectOf(panel.options.tooltip);
  const mode = textOf(tooltip.mode, "multi");
  const order = textOf(tooltip.sort, rowOrder);
  const showTip = useRef((_hover: Hover | undefined) => {});
  // A click keeps the tip where it is, with the links of the series that is nearest; the next one lets it go.
  const pinned = useRef<(() => void) | undefined>(undefined);
  const under = useRef<Hover | undefined>(undefined);
  showTip.current = (hover) => {
    under.current = hover;
    if (pinned.current === undefined) drawTip(tip.current, hover, latest.current, mode, order);
  };
  const letGo = () => {
    pinned.current?.();
    pinned.current = undefined;
    drawTip(tip.current, under.current, latest.current, mode, order);
  };
  const keep = () => {
    if (mode === "none" || under.current === undefined || tip.current === null) return;
    const near = nearestSeries(under.current, latest.current);
    const links = near === undefined ? [] : linksOf(near, under.current.index, latest.current, given.current.scope);
    drawTip(tip.current, under.current, latest.current, mode, order);
    if (links.length === 0) return;
    pinned.current = onEscape(host.current, () => {
      plot.current?.point(undefined);
      letGo();
    });
    tip.current.append(linkList(links));
  };
  const pin = (event: React.MouseEvent) => {
    if (event.target instanceof Element && event.target.closest("a") !== null) return;
    if (pinned.current !== undefined) letGo();
    else keep();
  };
  // The arrow keys go from point to point, and up and down from series to series; Enter keeps what they are at.
  const press = (event: React.KeyboardEvent) => {
    const key = chartKey(event);
    if (key === "keep") {
      event.preventDefault(); // the link that has the focus next must not take it for its own
      if (pinned.current === undefined) keep();
      focusLink(host.current);
    } else if (key !== undefined && pinned.current === undefined) {
      event.preventDefault();
      plot.current?.point(nextPoint(under.current, latest.current, ...key));
    } else if (event.key === "Escape" && pinned.current === undefined && under.current !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      plot.current?.point(undefined);
    }
  };
  useEffect(() => () => pinned.current?.(), []);

  useLayoutEffect(() => {
    if (host.current === null || size.width < 60) return;
    take();
    const made = new GraphPlot(host.current, latest.current, size, (hover) => showTip.current(hover));
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, []);
  useLayoutEffect(() => plot.current?.resize(size), [size.width, size.height]);
  useEffect(draw, [picture, look, hidden]);
  useTicks(source, () => {
    if (tickDrawn.current !== source.snapshot()) draw();
  });

  return (
    <div className={side ? "graph side" : "graph"}>
      <div className="plot" ref={host} style={size} tabIndex={0} role="group" aria-label={panel.title || panel.type} data-series-count={picture.series.length} onClick={pin} onKeyDown={press} onBlur={(event) => pinned.current === undefined && !isInside(event) && plot.current?.point(undefined)}>
        <div className="plot-tip" ref={tip} hidden />
      </div>
      {picture.series.length === 0 && <NoValue panel={panel} data={data} why={picture.problem} />}
      {shown && (
        <div style={box} className="graph-legend-box">
          <Legend series={picture.series} calcs={calcs} table={table} side={side} hidden={hidden} onToggle={toggle} sort={sort} values={values} />
        </div>
      )}
    </div>
  );
});

const NO_EXEMPLARS: readonly Exemplar[] = [];

// They are of moments, and come between ticks.
function exemplarsOf({ answers }: PanelData): readonly Exemplar[] {
  return answers.some(({ exemplars }) => exemplars !== undefined) ? answers.flatMap(({ exemplars }) => exemplars ?? []) : NO_EXEMPLARS;
}

function nearestSeries(hover: Hover, { picture, hidden }: Pick<PlotInput, "picture" | "hidden">): Drawn | undefined {
  let best: Drawn | undefined;
  let least = Infinity;
  for (const one of picture.series) {
    const drawn = one.drawn[hover.index] ?? NaN;
    if (one.hidden.tooltip || one.hidden.viz || hidden.has(one.name) || Number.isNaN(drawn)) continue;
    const away = Math.abs(hover.plot.valToPos(drawn, one.axis) - hover.top);
    if (away < least) [least, best] = [away, one];
  }
  return best;
}

function nextPoint(hover: Hover | undefined, input: PlotInput, right: number, up: number): { index: number; series: Drawn } | undefined {
  const { picture, hidden } = input;
  // An answer may begin before the picture does, where the cursor cannot go.
  const [from, to] = spanOf(input);
  const first = picture.times.findIndex((time) => time >= from);
  const place = first < 0 ? undefined : nextPlace(hover && hover.index - first, hover === undefined && right === 0 ? -1 : right, picture.times.findLastIndex((time) => time <= to) - first + 1);
  if (place === undefined) return undefined;
  const index = first + place;
  const told = picture.series.filter((s) => !s.hidden.tooltip && !s.hidden.viz && !hidden.has(s.name));
  const here = told.filter((s) => !Number.isNaN(s.drawn[index] ?? NaN)).sort((a, b) => a.drawn[index]! - b.drawn[index]!);
  const near = hover === undefined ? undefined : nearestSeries(hover, { picture, hidden });
  const series = here[nextPlace(near && here.indexOf(near), up, here.length) ?? -1] ?? near ?? told[0];
  return series && { index, series };
}

function linksOf(one: Drawn, index: number, { picture }: PlotInput, scope: Scope): ShownLink[] {
  const value = one.values[index] ?? NaN;
  const { text, number } = one.display(value);
  const timeMs = (picture.times[index] ?? NaN) * 1000;
  const field = { ...makeField("Value", "number", [value], { ...one.labels }), config: one.config };
  // A trend's places are no times.
  const frame = makeFrame("", picture.over === undefined ? [makeField("Time", "time", [timeMs]), field] : [field], one.name);
  return dataLinks(one.config, scope, { name: one.name, labels: one.labels, value, text, bare: number, ...(picture.over === undefined ? { timeMs } : {}), row: { frame, frames: [frame], row: 0 } });
}

function linkList(links: readonly ShownLink[]): HTMLElement {
  return line(
    "tip-links",
    ...links.map((link) => {
      const out = document.createElement("a");
      out.href = link.url;
      out.textContent = link.title;
      out.rel = "noreferrer";
      if (link.blank) out.target = "_blank";
      return out;
    }),
  );
}

function line(className: string, ...children: (Node | string)[]): HTMLElement {
  const out = document.createElement("div");
  out.className = className;
  out.append(...children);
  return out;
}

function drawTip(out: HTMLElement | null, hover: Hover | undefined, { picture, board, hidden }: PlotInput, mode: string, order: string): void {
  if (out === null) return;
  if (hover === undefined || mode === "none") {
    out.hidden = true;
    return;
  }
  const time = picture.times[hover.index];
  const rows = picture.series
    .map((s) => ({ s, value: s.values[hover.index] ?? NaN, drawn: s.drawn[hover.index] ?? NaN }))
    .filter(({ s, value }) => !s.hidden.tooltip && !s.hidden.viz && !hidden.has(s.name) && !Number.isNaN(value))
    .sort((a, b) => (order === "none" ? 0 : order === "asc" ? a.drawn - b.drawn : b.drawn - a.drawn));
  const nearest = rows.find(({ s }) => s === nearestSeries(hover, { picture, hidden }));
  const listed = mode === "single" ? (nearest === undefined ? [] : [nearest]) : rows.slice(0, TIP_ROWS);
  out.replaceChildren(line("dim num", time === undefined ? "" : picture.over === undefined ? dateAndClock(time, board.zone) : `${picture.over.name} ${picture.over.text(time)}`));
  for (const row of listed) {
    const mark = document.createElement("i");
    mark.style.background = hover.colorOf(row.s);
    const name = document.createElement("span");
    name.className = "cut grow";
    name.textContent = row.s.ghost ? t("earlier", { name: row.s.name }) : row.s.name;
    const value = document.createElement("b");
    value.className = "num";
    value.textContent = row.s.display(row.value).text;
    out.append(line(row === nearest ? "tip-row near" : "tip-row", mark, name, value));
  }
  if (mode !== "single" && rows.length > TIP_ROWS) out.append(line("dim", `+ ${rows.length - TIP_ROWS}`));
  for (const found of hover.marks.slice(0, 4)) {
    const head = line("tip-mark", found.title || found.source);
    head.style.borderColor = found.color;
    out.append(head);
    if (found.text !== "") out.append(line("dim", found.text.slice(0, 300)));
    if (found.tags.length > 0) out.append(line("dim mono", found.tags.slice(0, 8).join(" ")));
  }
  if (hover.exemplar !== undefined) {
    out.append(line("tip-mark", t("exemplar", { value: hover.exemplar.value })));
    for (const [name, value] of Object.entries(hover.exemplar.labels).slice(0, 10)) out.append(line("dim mono", `${name}=${value}`));
  }
  out.hidden = false;
  const over = hover.plot.over;
  const room = over.clientWidth;
  const x = hover.left + over.offsetLeft;
  const left = hover.left > room / 2 ? Math.max(0, x - out.offsetWidth - 12) : x + 12;
  out.style.transform = `translate(${left}px, ${Math.max(0, Math.min(hover.top, over.clientHeight - 20))}px)`;
}
