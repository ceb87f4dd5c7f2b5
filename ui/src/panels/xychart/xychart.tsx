// XY chart on a canvas: tens of thousands of points cost one pass.
import { useEffect, useMemo, useRef } from "react";
import { objectOf } from "../../dashboard/model/json";
import { withAlpha } from "../../dashboard/field/colors";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { cssColor } from "../../charts/colors";
import { fitCanvas } from "../../charts/drawn";
import { catalogue } from "../../text/catalogue";
import { dateAndClock } from "../../time/zone";
import type { Scope } from "../../dashboard/model/scope";
import { formatTicks } from "../../dashboard/field/units";
import { NoValue } from "../no_value";
import { useHidden } from "../timeseries/legend_room";
import { nextPlace, usePinned } from "../pinned";
import type { PanelViewProps } from "../panel_view";
import { ChartFrame, Tip } from "../cartesian/chart_frame";
import { CLOCK_PX, clockTicks } from "../cartesian/places";
import { scaleOf, textWidth, type Scale } from "../cartesian/scale";
import { timeTicks } from "../timeseries/ticks";
import type { Axis } from "../timeseries/picture";
import { xyOf, type XyModel, type XySeries } from "./xy_model";

const t = catalogue({ noNumbers: "An XY chart needs two columns of numbers, or a time and one." }, { de: { noNumbers: "Ein XY-Diagramm braucht zwei Spalten mit Zahlen oder eine Zeit und eine." } });

export default function XyChart({ panel, data, board, scope, width, height }: PanelViewProps) {
  const model = useMemo(() => xyOf(panel, preparedFrames(panel, data).frames), [panel, data]);
  const [hidden, toggle] = useHidden(typeof model === "object" ? model.series.map((s) => s.name) : []);
  if (model === undefined) return <NoValue panel={panel} data={data} />;
  if (model === "noNumbers") return <div className="no-value">{t("noNumbers")}</div>;
  return (
    <ChartFrame panel={panel} items={model.series} width={width} height={height} hidden={hidden} onToggle={toggle}>
      {(w, h) => <Points model={{ ...model, series: model.series.filter((s) => !hidden.has(s.name)) }} tips={objectOf(panel.options.tooltip).mode !== "none"} scope={scope} title={panel.title || panel.type} zone={board.zone} width={w} height={h} />}
    </ChartFrame>
  );
}

interface PointsProps {
  model: XyModel;
  tips: boolean;
  scope: Scope;
  title: string;
  zone: string;
  width: number;
  height: number;
}

const NEAR = 12;

function Points({ model, tips, scope, title, zone, width, height }: PointsProps) {
  const { series, x: xAxis, y: yAxis, timeX } = model;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { over, pinned, move: setOver, click, host } = usePinned<{ series: XySeries; row: number; left: number; top: number }>();
  const foot = xAxis.label === "" ? 22 : 36;
  const yScale = scaleFor(yAxis, series.map((s) => s.values), height - foot - 8);
  const yTexts = formatTicks(yScale.ticks, yAxis.unit, yAxis.decimals);
  const gutter = yAxis.hidden ? 6 : Math.max(28, yTexts.reduce((most, text) => Math.max(most, textWidth(text)), 0) + 10) + (yAxis.label === "" ? 0 : 16);
  const widest = Math.min(24, series.reduce((most, one) => Math.max(most, one.points ? largest(one) : 0), 0) / 2);
  const head = Math.max(8, widest);
  const box = { left: gutter, top: head, width: Math.max(20, width - gutter - Math.max(12, widest)), height: Math.max(20, height - foot - head) };
  const xScale = scaleFor(timeX ? { ...xAxis, unit: "" } : xAxis, series.map((s) => s.x), box.width * 0.62, timeX);
  const clock = timeX ? clockTicks(xScale.low, xScale.high, box.width, CLOCK_PX, zone) : undefined;
  const xTicks = clock?.at ?? xScale.ticks;
  const xTexts = clock === undefined ? formatTicks(xScale.ticks, xAxis.unit, xAxis.decimals) : timeTicks(clock.at, clock.step, zone);
  const px = (value: number) => box.left + xScale.share(value) * box.width;
  const py = (value: number) => box.top + (1 - yScale.share(value)) * box.height;

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (!element || !pen) return;
    const ratio = devicePixelRatio || 1;
    fitCanvas(element, Math.round(width * ratio), Math.round(height * ratio));
    pen.save();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "11px system-ui, sans-serif";
    pen.lineWidth = 1;
    pen.strokeStyle = cssColor("var(--grid)");
    pen.fillStyle = cssColor("var(--dim)");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    yScale.ticks.forEach((tick, i) => {
      const y = Math.round(py(tick)) + 0.5;
      if (yAxis.grid) line(pen, box.left, y, box.left + box.width, y);
      if (!yAxis.hidden) pen.fillText(yTexts[i]!, box.left - 6, Math.max(box.top + 2, y));
    });
    pen.textAlign = "center";
    xTicks.forEach((tick, i) => {
      const x = Math.round(px(tick)) + 0.5;
      if (xAxis.grid) line(pen, x, box.top, x, box.top + box.height);
      if (!xAxis.hidden) pen.fillText(xTexts[i]!, Math.min(width - textWidth(xTexts[i]!) / 2, x), box.top + box.height + 12);
    });
    if (xAxis.label !== "") pen.fillText(xAxis.label, box.left + box.width / 2, height - 7);
    if (yAxis.label !== "") {
      pen.save();
      pen.translate(9, box.top + box.height / 2);
      pen.rotate(-Math.PI / 2);
      pen.fillText(yAxis.label, 0, 0);
      pen.restore();
    }
    pen.beginPath();
    pen.rect(box.left - widest - 2, 0, box.width + widest * 2 + 4, box.top + box.height + widest + 2);
    pen.clip();
    for (const one of series) draw(pen, one, px, py);
    pen.restore();
  });

  const move = (event: React.MouseEvent) => {
    const at = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - at.left, event.clientY - at.top];
    let best: { series: XySeries; row: number } | undefined;
    let near = NEAR;
    for (const one of series) {
      if (one.hidden.tooltip) continue;
      for (let row = 0; row < one.values.length; row++) {
        const away = Math.hypot(px(one.x[row]!) - left, py(one.values[row]!) - top) - (one.sizes?.[row] ?? one.size) / 2;
        if (away < near) [near, best] = [away, { series: one, row }];
      }
    }
    setOver(best === undefined ? undefined : { ...best, left, top });
  };
  const step = (from: typeof over, right: number, up: number) => {
    const told = tips ? series.filter((one) => !one.hidden.tooltip && one.values.length > 0) : [];
    const one = told[nextPlace(from && told.findIndex((s) => s.name === from.series.name), up, told.length) ?? -1];
    const row = nextPlace(from?.row, right, one?.values.length ?? 0);
    return one === undefined || row === undefined ? undefined : { series: one, row, left: px(one.x[row]!), top: py(one.values[row]!) };
  };
  const links = over?.series.links?.(over.row, over.series.display(over.series.values[over.row]!), scope) ?? [];
  return (
    <div className="chart-host" style={{ width, height }} {...host(title, links, step)}>
      <canvas ref={canvas} className={links.length > 0 ? "linked" : undefined} style={{ width, height, display: "block" }} role="img" aria-label={title} onMouseMove={tips ? move : undefined} onMouseLeave={() => setOver(undefined)} onClick={() => click(links)} />
      <ul className="unseen">
        {series.flatMap((one) => Array.from({ length: Math.min(100, one.values.length) }, (_, row) => <li key={`${one.name}/${row}`} data-name={one.name} data-x={one.x[row]} data-value={one.values[row]} data-size={one.sizes?.[row] ?? one.size} />))}
      </ul>
      {over !== undefined && (
        <Tip
          left={over.left}
          top={over.top}
          width={width}
          height={height}
          head={over.series.notes(over.row).slice(0, 3).join(" · ")}
          lines={[
            { color: "transparent", name: xAxis.label || "x", text: timeX ? dateAndClock(over.series.x[over.row]!, zone) : over.series.displayX(over.series.x[over.row]!).text },
            { color: over.series.colors?.[over.row] ?? over.series.color, name: over.series.name, text: over.series.display(over.series.values[over.row]!).text, near: true },
          ]}
          links={pinned ? links : undefined}
        />
      )}
    </div>
  );
}

function largest({ sizes, size }: XySeries): number {
  return sizes === undefined ? size : sizes.reduce((most, one) => Math.max(most, one), 0);
}

function scaleFor(axis: Axis, rows: readonly Float64Array[], size: number, tight = false): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows)
    for (const value of row) {
      if (!Number.isFinite(value) || (axis.log > 0 && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  // Times are no quantity: an axis from zero would say nothing.
  if (tight && low <= high) {
    const [from, to] = low < high ? [low, high] : [low - 30, high + 30];
    return scaleOf({ ...axis, min: from, max: to }, from, to, size, false);
  }
  return scaleOf(axis, low, high, size, false);
}

function line(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function draw(pen: CanvasRenderingContext2D, one: XySeries, px: (value: number) => number, py: (value: number) => number): void {
  if (one.lines) {
    pen.strokeStyle = one.color;
    pen.lineWidth = one.lineWidth;
    pen.setLineDash(one.dash);
    pen.beginPath();
    let drawn = false;
    for (let row = 0; row < one.values.length; row++) {
      if (!Number.isFinite(one.values[row]!) || !Number.isFinite(one.x[row]!)) drawn = false;
      else if (drawn) pen.lineTo(px(one.x[row]!), py(one.values[row]!));
      else {
        pen.moveTo(px(one.x[row]!), py(one.values[row]!));
        drawn = true;
      }
    }
    pen.stroke();
    pen.setLineDash([]);
  }
  if (!one.points) return;
  pen.lineWidth = one.stroke;
  for (let row = 0; row < one.values.length; row++) {
    if (!Number.isFinite(one.values[row]!) || !Number.isFinite(one.x[row]!)) continue;
    const color = one.colors?.[row] ?? one.color;
    const r = Math.max(1, (one.sizes?.[row] ?? one.size) / 2);
    const [x, y] = [px(one.x[row]!), py(one.values[row]!)];
    pen.beginPath();
    if (one.square) pen.rect(x - r, y - r, r * 2, r * 2);
    else pen.arc(x, y, r, 0, 7);
    pen.fillStyle = withAlpha(color, one.fill);
    pen.fill();
    if (one.stroke > 0) {
      pen.strokeStyle = color;
      pen.stroke();
    }
  }
}
