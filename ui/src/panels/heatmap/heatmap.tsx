// Heatmap on a canvas: one cell per bucket and step.
import { useEffect, useMemo, useRef } from "react";
import { flagOf, numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { schemeColor, textOn, withAlpha, cssColor as boardColor } from "../../dashboard/field/colors";
import { formatValue } from "../../dashboard/field/units";
import { cssColor } from "../../charts/colors";
import { fitCanvas, tellDrawn } from "../../charts/drawn";
import { clock, dateAndClock } from "../../time/zone";
import type { PanelViewProps } from "../panel_view";
import { dataLinks } from "../data_links";
import { NoValue } from "../no_value";
import { nextPlace, usePinned } from "../pinned";
import { TipLinks } from "../value_links";
import type { Exemplar } from "../../dashboard/data/panel_source";
import { heatMaximum, heatOf, isShown, rowOfValue, valueFilterOf, type Heat } from "./buckets";

const FOOT = 20;
const SCALE = 20; // pixels of the colour scale below

export default function Heatmap({ panel, data, board, scope, width, height }: PanelViewProps) {
  const heat = useMemo(() => heatOf(panel, data), [panel, data]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { over, pinned, move: setHover, click, host } = usePinned<{ row: number; column: number; left: number; top: number }>();
  // A tip that is kept may be of a cell that there is no more.
  const hover = over !== undefined && over.row < heat.rows.length && over.column < heat.times.length ? over : undefined;
  const options = panel.options;
  const axis = objectOf(options.yAxis);
  const color = objectOf(options.color);
  const unit = textOf(axis.unit) || textOf(panel.fieldConfig.defaults.unit);
  const cell = objectOf(options.cellValues);
  const countText = (value: number) => formatValue(value, textOf(cell.unit), numberOf(cell.decimals));
  const filter = useMemo(() => valueFilterOf(options), [options]);
  const most = numberOf(color.max) ?? heatMaximum(heat.rows, filter);
  const least = numberOf(color.min, 0);
  const steps = Math.min(128, Math.max(2, numberOf(color.steps, 64)));
  const palette = useMemo(() => paletteOf(color, steps, board.theme), [JSON.stringify(color), steps, board.theme]);
  const labels = useMemo(() => heat.rows.map((row) => (row.label !== "" ? row.label : boundText(row.upper, unit, numberOf(axis.decimals)))), [heat, unit]);
  const placed = textOf(axis.axisPlacement, "left");
  const gutter = placed === "hidden" ? 4 : Math.min(120, Math.max(34, labels.reduce((n, label) => Math.max(n, label.length), 0) * 6.4 + 10));
  // Grafana bends the scale by default, as the eye sees small counts beside large ones only so; "linear" is straight.
  const exponent = textOf(color.scale, "exponential") === "linear" ? 1 : Math.min(10, Math.max(0.01, numberOf(color.exponent, 0.5)));
  const share = (value: number) => (most > least ? Math.min(1, Math.max(0, (value - least) / (most - least))) ** exponent : 0);
  const scaled = flagOf(objectOf(options.legend).show, true) && height > 110 && heat.rows.length > 0 && most > least;
  const plotHeight = height - (scaled ? SCALE : 0);
  const exemplars = useMemo(() => data.answers.flatMap((a) => a.exemplars ?? []), [data]);
  const layout = { width, height: plotHeight, gutter, right: placed === "right", reverse: flagOf(axis.reverse) };
  const words = textOf(options.showValue, "auto");

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    tellDrawn(element, () => heat);
    if (!element || !pen || heat.rows.length === 0) return;
    const ratio = devicePixelRatio || 1;
    fitCanvas(element, Math.round(width * ratio), Math.round(plotHeight * ratio));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, plotHeight);
    const box = boxOf(heat, data.interval, heat.wide ?? data.step, layout);
    const gap = Math.min(numberOf(options.cellGap, 1), box.cellHeight / 4);
    const radius = Math.max(0, numberOf(options.cellRadius, 0));
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const shadeOf = (value: number) => palette[Math.min(steps - 1, Math.round(share(value) * (steps - 1)))]!;
    // Cells of a pixel or two that follow each other in one shade are drawn as one, which has no number and no corners of its own.
    const thin = box.cellWidth <= 3 && words !== "always";
    heat.rows.forEach((row, r) => {
      const y = box.y(r) + gap / 2;
      const tall = Math.max(0.6, box.cellHeight - gap);
      for (let i = 0; i < heat.times.length; i++) {
        const value = row.values[i]!;
        if (!isShown(value, filter)) continue;
        const shade = shadeOf(value);
        const x = Math.max(box.left, box.x(i));
        while (thin && i + 1 < heat.times.length && heat.times[i + 1]! - heat.times[i]! < (heat.wide ?? data.step) * 1.5 && isShown(row.values[i + 1]!, filter) && shadeOf(row.values[i + 1]!) === shade) i++;
        const right = Math.min(box.left + box.width, box.x(i) + box.cellWidth);
        if (right <= x) continue;
        const wide = Math.max(0.6, right - x - (box.cellWidth > 6 ? gap : -0.4));
        pen.fillStyle = shade;
        if (radius > 0 && !thin && wide > 3 && tall > 3) {
          pen.beginPath();
          pen.roundRect(x, y, wide, tall, Math.min(radius, wide / 2, tall / 2));
          pen.fill();
        } else pen.fillRect(x, y, wide, tall);
        if (thin || words === "never") continue;
        const text = countText(value);
        if (words === "always" || (tall >= 14 && wide >= text.length * 6.6 + 4)) {
          const ink = textOn(shade);
          pen.fillStyle = ink.startsWith("var(") ? cssColor(ink) : ink;
          pen.textAlign = "center";
          pen.fillText(text, x + wide / 2, y + tall / 2 + 0.5);
        }
      }
    });
    pen.fillStyle = cssColor("var(--dim)");
    if (placed !== "hidden") {
      pen.textAlign = layout.right ? "left" : "right";
      const every = Math.max(1, Math.ceil(16 / box.cellHeight));
      const at = layout.right ? box.left + box.width + 6 : gutter - 6;
      labels.forEach((label, r) => {
        if (r % every !== 0) return;
        const edge = layout.reverse ? box.y(r) + box.cellHeight : box.y(r);
        pen.fillText(label.length > 18 ? `${label.slice(0, 17)}…` : label, at, heat.quantity ? Math.min(plotHeight - FOOT, Math.max(6, edge)) : box.y(r) + box.cellHeight / 2);
      });
    }
    const span = data.interval.to - data.interval.from;
    const count = Math.max(2, Math.floor(box.width / 90));
    for (let i = 0; i <= count; i++) {
      const at = data.interval.from + (span * i) / count;
      const text = span > 86_400 * 2 ? dateAndClock(at, board.zone).slice(5, 16) : clock(at, board.zone, span < 600);
      pen.textAlign = i === 0 ? "left" : i === count ? "right" : "center";
      pen.fillText(text, box.left + (box.width * i) / count, plotHeight - FOOT / 2 + 2);
    }
    for (const mark of board.marks) {
      const x = box.left + ((mark.from - data.interval.from) / span) * box.width;
      if (x < box.left || x > box.left + box.width) continue;
      pen.fillStyle = mark.color;
      pen.fillRect(x, 0, 1, plotHeight - FOOT);
    }
    pen.fillStyle = boardColor(textOf(objectOf(options.exemplars).color, "rgba(255,0,255,0.7)"));
    for (const exemplar of exemplars) {
      const place = placeOf(exemplar, heat, box, data.interval);
      if (place === undefined) continue;
      pen.beginPath();
      pen.moveTo(place.x, place.y - 3.5);
      pen.lineTo(place.x + 3.5, place.y);
      pen.lineTo(place.x, place.y + 3.5);
      pen.lineTo(place.x - 3.5, place.y);
      pen.fill();
    }
  });
  if (heat.rows.length === 0) return <NoValue panel={panel} data={data} />;

  const box = boxOf(heat, data.interval, heat.wide ?? data.step, layout);
  const move = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const top = event.clientY - bounds.top;
    const row = box.rowAt(top);
    const column = box.columnAt(left);
    const inside = left >= box.left && left <= box.left + box.width && row >= 0 && row < heat.rows.length && column >= 0 && column < heat.times.length;
    setHover(inside ? { row, column, left, top } : undefined);
  };
  const step = (from: typeof hover, right: number, up: number) => {
    const column = nextPlace(from?.column, right, heat.times.length);
    const row = nextPlace(from?.row, layout.reverse ? -up : up, heat.rows.length);
    return column === undefined || row === undefined ? undefined : { row, column, left: Math.max(box.left, box.x(column) + box.cellWidth / 2), top: box.y(row) + box.cellHeight / 2 };
  };
  const under = hover === undefined ? undefined : heat.rows[hover.row];
  const near = hover === undefined ? [] : exemplars.filter((e) => {
    const place = placeOf(e, heat, box, data.interval);
    return place !== undefined && Math.hypot(place.x - hover.left, place.y - hover.top) < 6;
  });
  const name = textOf(objectOf(options.rowsFrame).value);
  const value = under === undefined || hover === undefined ? NaN : under.values[hover.column]!;
  // Cells are values of the row's bucket.
  const links =
    hover === undefined || under === undefined || !isShown(value, filter)
      ? []
      : dataLinks(panel.fieldConfig.defaults, scope, {
          name: under.label !== "" ? under.label : String(under.upper), labels: heat.quantity ? { le: under.upper === Infinity ? "+Inf" : String(under.upper) } : {}, value, text: countText(value), timeMs: heat.times[hover.column]! * 1000,
          row: [["xMax", String(heat.times[hover.column]! * 1000)], ["yMin", String(under.lower)], ["yMax", String(under.upper)], ["Value", String(value)]],
        });
  return (
    <div className="heatmap" style={{ height }} data-rows={heat.rows.length} data-max={most} data-columns={heat.times.length} data-exemplars={exemplars.length} data-latest={heat.times[heat.times.length - 1]} {...host(panel.title || panel.type, links, step)}>
      <canvas ref={canvas} className={links.length > 0 ? "linked" : undefined} style={{ width, height: plotHeight }} role="img" aria-label={panel.title || panel.type} onMouseMove={move} onMouseLeave={() => setHover(undefined)} onClick={() => click(links)} />
      {scaled && (
        <div className="heat-scale num" style={{ paddingLeft: layout.right ? 4 : gutter }}>
          <span>{countText(least)}</span>
          <i style={{ background: `linear-gradient(90deg, ${Array.from({ length: 12 }, (_, i) => palette[Math.min(steps - 1, Math.round((i / 11) ** exponent * (steps - 1)))]!).join(", ")})` }}>
            {hover !== undefined && isShown(value, filter) && <b style={{ left: `${Math.min(100, Math.max(0, ((value - least) / (most - least)) * 100))}%` }} />}
          </i>
          <span>{countText(most)}</span>
        </div>
      )}
      {hover !== undefined && under !== undefined && (
        <div className="plot-tip" style={{ ...(hover.left > width / 2 ? { right: width - hover.left + 12, left: "auto" } : { left: hover.left + 12 }), top: Math.max(0, Math.min(hover.top, plotHeight - 70)) }}>
          <div className="dim num">{dateAndClock(heat.times[hover.column]!, board.zone)}</div>
          <div>{under.label !== "" ? under.label : `${boundText(under.lower, unit)} – ${boundText(under.upper, unit)}`}</div>
          {name !== "" && <span className="dim">{name}: </span>}
          <b data-value={value}>{Number.isNaN(value) ? "–" : countText(value)}</b>
          {near.slice(0, 3).map((exemplar, i) => (
            <div key={i} className="tip-mark">
              {boundText(exemplar.value, unit)}
              {Object.entries(exemplar.labels).slice(0, 8).map(([key, text]) => (
                <div key={key} className="dim mono">{`${key}=${text}`}</div>
              ))}
            </div>
          ))}
          {pinned && <TipLinks links={links} />}
        </div>
      )}
    </div>
  );
}

function boundText(value: number, unit: string, decimals?: number): string {
  return value === Infinity ? "+∞" : value === -Infinity ? "−∞" : formatValue(value, unit, decimals);
}

interface Layout {
  width: number;
  height: number;
  gutter: number;
  right: boolean; // the axis of rows is on the right
  reverse: boolean;
}

type HeatBox = ReturnType<typeof boxOf>;

function boxOf(heat: Heat, interval: { from: number; to: number }, step: number, { width, height, gutter, right, reverse }: Layout) {
  const span = interval.to - interval.from || 1;
  const left = right ? 2 : gutter;
  const room = Math.max(1, width - gutter - (right ? 2 : 0));
  const scale = room / span;
  const cellWidth = Math.max(1, step * scale);
  const cellHeight = (height - FOOT) / heat.rows.length;
  const last = heat.rows.length - 1;
  return {
    left,
    width: room,
    cellWidth,
    cellHeight,
    // A point at time t tells of the step that ends there.
    x: (i: number) => left + (heat.times[i]! - interval.from) * scale - cellWidth,
    y: (row: number) => (reverse ? row : last - row) * cellHeight,
    rowAt: (top: number) => (reverse ? Math.floor(top / cellHeight) : last - Math.floor(top / cellHeight)),
    columnAt: (at: number) => {
      const time = interval.from + (at - left) / scale + step;
      let found = -1;
      for (let i = 0; i < heat.times.length; i++) if (heat.times[i]! <= time) found = i;
      return found;
    },
    reverse,
  };
}

// Where an exemplar lies: in the row of its value, as far up as the value is in it.
function placeOf(exemplar: Exemplar, heat: Heat, box: HeatBox, interval: { from: number; to: number }): { x: number; y: number } | undefined {
  const found = rowOfValue(heat, exemplar.value);
  const x = box.left + ((exemplar.time - interval.from) / (interval.to - interval.from || 1)) * box.width;
  if (found === undefined || x < box.left || x > box.left + box.width) return undefined;
  const within = box.reverse ? found.share : 1 - found.share;
  return { x, y: box.y(found.row) + within * box.cellHeight };
}

// Between two hues, over a middle: these have no end that is nearest to the ground.
const DIVERGING = /^(Spectral|Rd|Gr|Bl|Yl)[A-Z]/;

// Few is near the ground, many stands out: schemes run from dark to light on a dark board, and back on a light one.
function paletteOf(color: Record<string, unknown>, steps: number, theme: "dark" | "light"): string[] {
  if (color.mode === "opacity") {
    const fill = boardColor(textOf(color.fill, "dark-orange"));
    return Array.from({ length: steps }, (_, i) => withAlpha(fill, 0.08 + (0.92 * i) / (steps - 1)));
  }
  const scheme = textOf(color.scheme, "Oranges");
  const back = (color.reverse === true) !== (theme === "light" && !DIVERGING.test(scheme) && scheme !== "Spectral");
  return Array.from({ length: steps }, (_, i) => {
    const share = i / (steps - 1);
    return schemeColor(scheme, back ? (theme === "light" ? 0.9 - 0.9 * share : 1 - share) : 0.12 + 0.88 * share);
  });
}
