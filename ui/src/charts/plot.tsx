// Lines over time on uPlot. It takes rows of equal length (a live frame, or aligned results), is rebuilt only
// when its series change, and draws nothing while it is out of sight.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../preferences";
import { clock, dateAndClock, partsIn } from "../time/zone";
import { useZone } from "../time/use_time";
import { byteRate, bytes, short } from "../text/numbers";
import { cssColor, seriesColor } from "./colors";
import { tellDrawn } from "./drawn";
import { useVisible } from "./visible";

export interface PlotSeries {
  name: string;
  values: ArrayLike<number>;
  color?: string;
  /** 0..1: how much of the colour lies below the line. */
  fill?: number;
  width?: number;
  dash?: number[];
}

export interface PlotProps {
  times: ArrayLike<number>;
  series: readonly PlotSeries[];
  version: number;
  height?: number;
  format?: (value: number) => string;
  /** Shown whatever the data: a scale from 0 to 100 does not jump. */
  min?: number | undefined;
  max?: number | undefined;
  /** Both ends of the time axis; default: those of the data. */
  from?: number | undefined;
  to?: number | undefined;
  label: string;
  legend?: boolean;
  /** Plots with the same key share their cursor. */
  sync?: string | undefined;
  onZoom?: ((from: number, to: number) => void) | undefined;
}

const TIP_ROWS = 12;
/** Steps of an axis of bytes: its marks are whole KiB, MiB, GiB. */
const BINARY_STEPS = Array.from({ length: 64 }, (_, i) => 2 ** (i - 4));

function timeTicks(zone: string) {
  return (_: uPlot, splits: number[], __: number, ___: number, step: number) =>
    splits.map((at, i) => {
      if (step >= 86_400) return dateAndClock(at, zone).slice(5, 10);
      const text = clock(at, zone, step < 60);
      const midnight = partsIn(at, zone);
      return i > 0 && midnight.hour === 0 && midnight.minute === 0 && midnight.second === 0 ? dateAndClock(at, zone).slice(5, 10) : text;
    });
}

export function Plot({ times, series, version, height = 170, format = short, min, max, from, to, label, legend = true, sync, onZoom }: PlotProps) {
  const [box, visible] = useVisible<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const zone = useZone();
  const shade = theme();
  const [alone, setAlone] = useState<string | undefined>();
  const state = useRef({ format, min, max, from, to, onZoom, series });
  state.current = { format, min, max, from, to, onZoom, series };

  const shape = series.map(({ name, color, fill, width, dash }) => `${name}\u0001${color ?? ""}\u0001${fill ?? ""}${width ?? ""}${dash ?? ""}`).join("\u0002");
  // uPlot wants null where there is nothing; the arrays are kept and filled again.
  const rows = useRef<(number | null)[][]>([]);
  const data = (): uPlot.AlignedData => {
    const list = state.current.series;
    rows.current.length = list.length;
    return [
      Array.from(times),
      ...list.map(({ values }, s) => {
        const row = (rows.current[s] ??= []);
        row.length = times.length;
        for (let i = 0; i < times.length; i++) {
          const value = values[i];
          row[i] = value === undefined || Number.isNaN(value) ? null : value;
        }
        return row;
      }),
    ] as uPlot.AlignedData;
  };
  const dataNow = useRef(data);
  dataNow.current = data;

  useLayoutEffect(() => {
    const element = host.current;
    if (!element || !visible || element.clientWidth === 0) return;
    const dim = cssColor("var(--dim)");
    const grid = { stroke: cssColor("var(--grid)"), width: 1 };
    const showTip = (u: uPlot) => {
      const out = tip.current;
      if (!out) return;
      const { idx, left = -1, top = -1 } = u.cursor;
      if (idx === null || idx === undefined || left < 0) {
        out.hidden = true;
        return;
      }
      const lines = state.current.series
        .map(({ name, color }, i) => ({ name, color: color ?? seriesColor(i), value: u.data[i + 1]?.[idx] as number | null | undefined, show: u.series[i + 1]?.show }))
        .filter((line): line is typeof line & { value: number } => line.show !== false && line.value !== null && line.value !== undefined)
        .sort((a, b) => b.value - a.value);
      out.replaceChildren();
      const head = document.createElement("div");
      head.className = "dim num";
      head.textContent = dateAndClock(u.data[0][idx]!, zone);
      out.append(head);
      for (const line of lines.slice(0, TIP_ROWS)) {
        const row = document.createElement("div");
        row.className = "tip-row";
        const mark = document.createElement("i");
        mark.style.background = cssColor(line.color);
        const name = document.createElement("span");
        name.className = "cut grow";
        name.textContent = line.name;
        const value = document.createElement("b");
        value.className = "num";
        value.textContent = state.current.format(line.value);
        row.append(mark, name, value);
        out.append(row);
      }
      if (lines.length > TIP_ROWS) {
        const rest = document.createElement("div");
        rest.className = "dim";
        rest.textContent = `+ ${lines.length - TIP_ROWS}`;
        out.append(rest);
      }
      out.hidden = false;
      const room = u.over.clientWidth;
      const x = left + u.over.offsetLeft;
      out.style.transform = `translate(${left > room / 2 ? Math.max(0, x - out.offsetWidth - 12) : x + 12}px, ${Math.max(0, Math.min(top, u.over.clientHeight - 20))}px)`;
    };
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: {
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false },
        ...(sync ? { sync: { key: sync, setSeries: false } } : {}),
      },
      scales: {
        x: {
          time: true,
          range: (_, low, high) => [state.current.from ?? low, state.current.to ?? high],
        },
        y: {
          range: (_, low, high) => {
            const { min: least, max: most } = state.current;
            if (low === null || high === null) return [least ?? 0, most ?? 1];
            const bottom = least !== undefined ? Math.min(least, low) : low;
            const top = most !== undefined ? Math.max(most, high) : high;
            if (bottom === top) return [bottom === 0 ? 0 : bottom - Math.abs(bottom) * 0.1, top + (Math.abs(top) * 0.1 || 1)];
            const pad = (top - bottom) * 0.06;
            return [least !== undefined && bottom === least ? bottom : bottom - pad, most !== undefined && top === most ? top : top + pad];
          },
        },
      },
      axes: [
        { stroke: dim, grid, ticks: { ...grid, size: 4 }, font: "11px system-ui, sans-serif", size: 26, gap: 4, space: 70, values: timeTicks(zone) },
        {
          stroke: dim,
          grid,
          ticks: { show: false },
          font: "11px system-ui, sans-serif",
          size: (u, values) => {
            if (!values?.length) return 40;
            u.ctx.save();
            u.ctx.font = `${11 * (devicePixelRatio || 1)}px system-ui, sans-serif`;
            const widest = Math.max(...values.map((text) => u.ctx.measureText(text).width)) / (devicePixelRatio || 1);
            u.ctx.restore();
            return Math.ceil(widest) + 14;
          },
          gap: 6,
          space: 32,
          ...(state.current.format === bytes || state.current.format === byteRate ? { incrs: BINARY_STEPS } : {}),
          values: (_, splits) => splits.map((value) => state.current.format(value)),
        },
      ],
      series: [
        {},
        ...state.current.series.map(({ name, color, fill, width, dash }, i): uPlot.Series => {
          const stroke = cssColor(color ?? seriesColor(i));
          const out: uPlot.Series = { label: name, stroke, width: width ?? 1.5, points: { show: false }, show: alone === undefined || alone === name };
          if (fill) out.fill = `color-mix(in srgb, ${stroke} ${Math.round(fill * 100)}%, transparent)`;
          if (dash) out.dash = dash;
          return out;
        }),
      ],
      hooks: {
        setCursor: [showTip],
        setSelect: [
          (u) => {
            const { left, width: wide } = u.select;
            if (wide > 6) state.current.onZoom?.(u.posToVal(left, "x"), u.posToVal(left + wide, "x"));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
    const made = new uPlot(options, dataNow.current(), element);
    plot.current = made;
    tellDrawn(element, () => ({ times: made.data[0], rows: state.current.series.map(({ name }, i) => ({ name, values: Array.from(made.data[i + 1] ?? [], (value) => value ?? NaN) })) }));
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, height, visible, zone, shade, sync, alone]);

  useEffect(() => {
    if (visible) plot.current?.setData(dataNow.current());
  }, [version, times, visible, from, to]);

  const lasts = useMemo(
    () =>
      series.map(({ values }) => {
        for (let i = values.length - 1; i >= 0; i--) if (!Number.isNaN(values[i]!)) return values[i]!;
        return NaN;
      }),
    [series, version],
  );
  return (
    <div ref={box}>
      <div className="plot" ref={host} style={{ height }} role="img" aria-label={label}>
        <div className="plot-tip" ref={tip} hidden />
      </div>
      {legend && (
        <div className="legend">
          {series.map(({ name, color }, i) => (
            <button
              type="button"
              key={name}
              aria-pressed={alone === name}
              className={alone !== undefined && alone !== name ? "faded" : undefined}
              onClick={() => setAlone(alone === name ? undefined : name)}
              title={name}
            >
              <i style={{ background: color ?? seriesColor(i) }} />
              <span className="cut">{name}</span>
              <b data-value={lasts[i]}>{format(lasts[i]!)}</b>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
