// Heatmap on a canvas: one cell per bucket and step.
import { useEffect, useMemo, useRef, useState } from "react";
import { numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { schemeColor, withAlpha, cssColor as boardColor } from "../../dashboard/field/colors";
import { formatValue } from "../../dashboard/field/units";
import { cssColor } from "../../charts/colors";
import { clock, dateAndClock } from "../../time/zone";
import type { PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { heatMaximum, heatOf, type Heat } from "./buckets";

const FOOT = 20;
const SHADES = 64;

export default function Heatmap({ panel, data, board, width, height }: PanelViewProps) {
  const heat = useMemo(() => heatOf(panel, data), [panel, data]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<{ row: number; column: number; left: number; top: number } | undefined>();
  const options = panel.options;
  const axis = objectOf(options.yAxis);
  const color = objectOf(options.color);
  const unit = textOf(axis.unit) || textOf(panel.fieldConfig.defaults.unit);
  const most = numberOf(color.max) ?? heatMaximum(heat.rows);
  const least = numberOf(color.min, 0);
  const palette = useMemo(() => paletteOf(color), [JSON.stringify(color)]);
  const labels = useMemo(() => heat.rows.map((row) => (row.label !== "" ? row.label : formatValue(row.upper, unit, numberOf(axis.decimals)))), [heat, unit]);
  const gutter = Math.min(120, Math.max(34, labels.reduce((n, label) => Math.max(n, label.length), 0) * 6.4 + 10));
  const share = (value: number) => {
    if (color.scale === "linear" || color.scale === undefined) {
      // The eye sees small counts beside large ones only on a bent scale; the exponent is Grafana's default.
      const linear = most > least ? (value - least) / (most - least) : 0;
      return Math.max(0, linear) ** numberOf(color.exponent, 0.5);
    }
    return most > least ? Math.max(0, (value - least) / (most - least)) ** numberOf(color.exponent, 0.5) : 0;
  };

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (!element || !pen || heat.rows.length === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const box = boxOf(heat, data.interval, data.step, width, height, gutter);
    heat.rows.forEach((row, r) => {
      const y = box.y(r);
      for (let i = 0; i < heat.times.length; i++) {
        const value = row.values[i]!;
        if (Number.isNaN(value) || value <= 0) continue;
        const x = box.x(i);
        if (x + box.cellWidth < gutter || x > width) continue;
        pen.fillStyle = palette[Math.min(SHADES - 1, Math.round(share(value) * (SHADES - 1)))]!;
        pen.fillRect(Math.max(gutter, x), y, box.cellWidth + 0.4, box.cellHeight - (box.cellHeight > 6 ? 1 : 0));
      }
    });
    pen.fillStyle = cssColor("var(--dim)");
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const every = Math.max(1, Math.ceil(16 / box.cellHeight));
    labels.forEach((label, r) => {
      if (r % every !== 0) return;
      pen.fillText(label.length > 18 ? `${label.slice(0, 17)}…` : label, gutter - 6, heat.quantity ? box.y(r) : box.y(r) + box.cellHeight / 2);
    });
    pen.textAlign = "center";
    const span = data.interval.to - data.interval.from;
    const count = Math.max(2, Math.floor((width - gutter) / 90));
    for (let i = 0; i <= count; i++) {
      const at = data.interval.from + (span * i) / count;
      const x = gutter + ((width - gutter) * i) / count;
      const text = span > 86_400 * 2 ? dateAndClock(at, board.zone).slice(5, 16) : clock(at, board.zone, span < 600);
      pen.textAlign = i === 0 ? "left" : i === count ? "right" : "center";
      pen.fillText(text, x, height - FOOT / 2 + 2);
    }
    for (const mark of board.marks) {
      const x = gutter + ((mark.from - data.interval.from) / span) * (width - gutter);
      if (x < gutter || x > width) continue;
      pen.fillStyle = mark.color;
      pen.fillRect(x, 0, 1, height - FOOT);
    }
  });
  if (heat.rows.length === 0) return <NoValue panel={panel} data={data} />;

  const box = boxOf(heat, data.interval, data.step, width, height, gutter);
  const move = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const top = event.clientY - bounds.top;
    const row = heat.rows.length - 1 - Math.floor(top / box.cellHeight);
    const column = box.columnAt(left);
    setHover(row < 0 || row >= heat.rows.length || left < gutter || column < 0 || column >= heat.times.length ? undefined : { row, column, left, top });
  };
  const under = hover === undefined ? undefined : heat.rows[hover.row];
  return (
    <div className="heatmap" style={{ height }} data-rows={heat.rows.length} data-max={most}>
      <canvas ref={canvas} style={{ width, height }} role="img" aria-label={panel.title || panel.type} onMouseMove={move} onMouseLeave={() => setHover(undefined)} />
      {hover !== undefined && under !== undefined && (
        <div className="plot-tip" style={{ transform: `translate(${hover.left > width / 2 ? hover.left - 170 : hover.left + 12}px, ${Math.min(hover.top, height - 60)}px)` }}>
          <div className="dim num">{dateAndClock(heat.times[hover.column]!, board.zone)}</div>
          <div>{under.label !== "" ? under.label : `${formatValue(under.lower, unit)} – ${formatValue(under.upper, unit)}`}</div>
          <b data-value={under.values[hover.column]}>{formatValue(under.values[hover.column]!, textOf(panel.fieldConfig.defaults.unit) === unit ? "" : textOf(panel.fieldConfig.defaults.unit))}</b>
        </div>
      )}
    </div>
  );
}

function boxOf(heat: Heat, interval: { from: number; to: number }, step: number, width: number, height: number, gutter: number) {
  const span = interval.to - interval.from || 1;
  const scale = (width - gutter) / span;
  const cellWidth = Math.max(1, step * scale);
  const cellHeight = (height - FOOT) / heat.rows.length;
  return {
    cellWidth,
    cellHeight,
    // A point at time t tells of the step that ends there.
    x: (i: number) => gutter + (heat.times[i]! - interval.from) * scale - cellWidth,
    y: (row: number) => (heat.rows.length - 1 - row) * cellHeight,
    columnAt: (left: number) => {
      const time = interval.from + (left - gutter) / scale + step;
      let at = -1;
      for (let i = 0; i < heat.times.length; i++) if (heat.times[i]! <= time) at = i;
      return at;
    },
  };
}

function paletteOf(color: Record<string, unknown>): string[] {
  if (color.mode === "opacity") {
    const fill = boardColor(textOf(color.fill, "dark-orange"));
    return Array.from({ length: SHADES }, (_, i) => withAlpha(fill, 0.08 + (0.92 * i) / (SHADES - 1)));
  }
  const scheme = textOf(color.scheme, "Oranges");
  return Array.from({ length: SHADES }, (_, i) => schemeColor(scheme, color.reverse === true ? 1 - i / (SHADES - 1) : 0.12 + (0.88 * i) / (SHADES - 1)));
}
