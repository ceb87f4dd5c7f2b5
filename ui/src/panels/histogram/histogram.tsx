// Histogram: a bar for each bucket, over an axis of the values themselves.
import { useMemo } from "react";
import { objectOf } from "../../dashboard/model/json";
import { withAlpha } from "../../dashboard/field/colors";
import { formatTicks, formatValue } from "../../dashboard/field/units";
import type { Scope } from "../../dashboard/model/scope";
import { dataLinks, rowOfNumbers } from "../data_links";
import { NoValue } from "../no_value";
import { useHidden } from "../timeseries/legend_room";
import type { PanelViewProps } from "../panel_view";
import { extentOf, stackBars } from "../cartesian/bars";
import { ChartFrame, Tip } from "../cartesian/chart_frame";
import { scaleBetween, scaleOf, textWidth } from "../cartesian/scale";
import { ThresholdMarks, ValueAxis } from "../cartesian/value_axis";
import { nextPlace, usePinned } from "../pinned";
import { histogramOf, type HistogramModel } from "./histogram_model";

const LINKED_SERIES_MAX = 4;

export default function Histogram({ panel, data, scope, width, height }: PanelViewProps) {
  const model = useMemo(() => histogramOf(panel, data), [panel, data]);
  const [hidden, toggle] = useHidden(model?.series.map((s) => s.name) ?? []);
  if (model === undefined) return <NoValue panel={panel} data={data} />;
  return (
    <ChartFrame panel={panel} items={model.series} width={width} height={height} hidden={hidden} onToggle={toggle}>
      {(w, h) => <Buckets model={{ ...model, series: model.series.filter((s) => !hidden.has(s.name) && !s.hidden.viz) }} single={objectOf(panel.options.tooltip).mode === "single"} scope={scope} title={panel.title || panel.type} width={w} height={h} />}
    </ChartFrame>
  );
}

function Buckets({ model, single, scope, title, width, height }: { model: HistogramModel; single: boolean; scope: Scope; title: string; width: number; height: number }) {
  const { bounds, series, axis, stacking } = model;
  const buckets = bounds.length - 1;
  const { over: kept, pinned, move: setOver, click, host } = usePinned<{ bucket: number; left: number; top: number }>();
  // A tip that is kept may be of a bucket that there is no more.
  const over = kept !== undefined && kept.bucket < buckets ? kept : undefined;
  const ends = useMemo(() => stackBars(series.map((s) => s.values), buckets, stacking), [series, buckets, stacking]);
  const [low, high] = extentOf(ends);
  const bare = scaleOf(axis, low, high, height - 34, true);
  const texts = formatTicks(bare.ticks, axis.unit, axis.decimals);
  const gutter = axis.hidden ? 6 : Math.max(28, texts.reduce((most, text) => Math.max(most, textWidth(text)), 0) + 10) + (axis.label === "" ? 0 : 16);
  const box = { left: gutter, top: 6, width: Math.max(20, width - gutter - 10), height: Math.max(20, height - 28) };
  const scale = bare;

  // Buckets of equal width lie on an axis of values; others (powers, the last without an end) get equal room each.
  const even = isEven(bounds);
  const x = even
    ? scaleBetween(bounds[0]!, bounds[buckets]!, Math.max(2, Math.floor(box.width / 80)))
    : { ...scaleBetween(0, buckets, 2), ticks: Array.from({ length: buckets + 1 }, (_, i) => i).filter((i) => i % Math.max(1, Math.ceil(((buckets + 1) * 56) / box.width)) === 0) };
  const edge = (i: number) => box.left + x.share(even ? bounds[i]! : i) * box.width;
  const labels = even ? formatTicks(x.ticks, model.unit, model.decimals) : x.ticks.map((i) => boundText(bounds[i]!, model));
  const ground = scale.log > 0 ? scale.low : 0;
  const y = (value: number) => box.top + (1 - scale.share(Math.max(ground, value))) * box.height;

  const move = (event: React.MouseEvent<SVGSVGElement>) => {
    const at = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - at.left, event.clientY - at.top];
    let bucket = -1;
    for (let i = 0; i < buckets; i++) if (left >= edge(i) && left < edge(i + 1)) bucket = i;
    setOver(bucket < 0 || top > box.top + box.height ? undefined : { bucket, left, top });
  };
  const told = Array.from({ length: buckets }, (_, i) => i).filter((i) => series.some((s) => !s.hidden.tooltip && (s.values[i] ?? 0) > 0));
  const step = (from: typeof over, right: number, up: number) => {
    const bucket = told[nextPlace(from && told.indexOf(from.bucket), right || up, told.length) ?? -1];
    return bucket === undefined ? undefined : { bucket, left: (edge(bucket) + edge(bucket + 1)) / 2, top: box.top + box.height / 3 };
  };
  const lines = over === undefined ? [] : series.map((s) => ({ s, value: s.values[over.bucket] ?? 0 })).filter(({ s, value }) => !s.hidden.tooltip && (value > 0 || series.length === 1));
  // Series that lie over each other have the bucket in common, and its links, too.
  const links = over === undefined ? [] : lines.slice(0, single ? 1 : LINKED_SERIES_MAX).flatMap(({ s, value }) => dataLinks(s.field.config, scope, { name: s.name, labels: s.field.labels, value, text: s.display(value).text, row: rowOfNumbers({ xMin: bounds[over.bucket]!, xMax: bounds[over.bucket + 1]!, [s.name]: value }) }));
  return (
    <div className="chart-host" style={{ width, height }} {...host(title, links, step)}>
      <svg width={width} height={height} className={links.length > 0 ? "linked" : undefined} role="img" aria-label={title} data-buckets={buckets} onMouseMove={move} onMouseLeave={() => setOver(undefined)} onClick={() => click(links)}>
        <ValueAxis scale={scale} texts={texts} axis={axis} box={box} lying={false} width={width} height={height} />
        {series.map((one, s) =>
          Array.from({ length: buckets }, (_, i) => {
            const end = ends[s]![i];
            if (end === undefined || one.values[i] === 0) return null;
            const [left, right, top, bottom] = [edge(i), edge(i + 1), y(Math.max(end.from, end.to)), y(Math.min(end.from, end.to))];
            // Series that are not stacked lie over each other, as Grafana draws them: their colours must let the others through.
            const fill = stacking === "none" && series.length > 1 ? Math.min(one.fill, 0.45) : one.fill;
            return (
              <rect key={`${s}/${i}`} x={left + 0.5} y={top} width={Math.max(0.5, right - left - 1)} height={Math.max(0.5, bottom - top)} fill={withAlpha(one.color, one.gradient ? fill * 0.75 : fill)} stroke={one.line > 0 ? one.color : "none"} strokeWidth={one.line} opacity={over === undefined || over.bucket === i ? 1 : 0.65} data-value={one.values[i]} data-name={one.name} data-from={bounds[i]} data-to={bounds[i + 1]} />
            );
          }),
        )}
        <ThresholdMarks axis={axis} scale={scale} box={box} lying={false} />
        {x.ticks.map((tick, i) => {
          const at = box.left + x.share(tick) * box.width;
          return (
            <text key={tick} x={at} y={box.top + box.height + 15} textAnchor={at > width - 30 ? "end" : at < box.left + 12 ? "start" : "middle"} fontSize={11} fill="var(--dim)" className="num">
              {labels[i]}
            </text>
          );
        })}
      </svg>
      {over !== undefined && lines.length > 0 && (
        <Tip
          left={over.left}
          top={over.top}
          width={width}
          height={height}
          head={`${boundText(bounds[over.bucket]!, model)} – ${boundText(bounds[over.bucket + 1]!, model)}`}
          lines={(single ? lines.slice(0, 1) : lines).map(({ s, value }) => ({ color: s.color, name: s.name, text: s.display(value).text }))}
          links={pinned ? links : undefined}
        />
      )}
    </div>
  );
}

function isEven(bounds: Float64Array): boolean {
  const size = bounds[1]! - bounds[0]!;
  if (!Number.isFinite(bounds[0]!) || !Number.isFinite(bounds[bounds.length - 1]!)) return false;
  for (let i = 1; i < bounds.length; i++) if (Math.abs(bounds[i]! - bounds[i - 1]! - size) > size * 1e-6) return false;
  return true;
}

function boundText(value: number, { unit, decimals }: HistogramModel): string {
  return value === Infinity ? "+∞" : value === -Infinity ? "−∞" : formatValue(value, unit, decimals);
}
