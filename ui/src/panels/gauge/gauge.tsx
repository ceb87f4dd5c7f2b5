// Half rings with their thresholds, as SVG.
import { memo } from "react";
import { readableOn } from "../../dashboard/field/colors";
import { displayerOf, thresholdsOf } from "../../dashboard/field/display";
import { flagOf } from "../../dashboard/model/json";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import type { PanelViewProps } from "../panel_view";
import { cellsFor, useShownValues } from "../shown";
import { emsOf, fitSize } from "../fit_text";
import { NoValue } from "../no_value";
import { ValueLinks } from "../value_links";

const START = -210;
const SWEEP = 240; // degrees

export default function Gauge({ panel, data, board, scope, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  if (values.length === 0) return <NoValue panel={panel} data={data} />;
  const cells = cellsFor(values.length, width, height, 1.25);
  const markers = flagOf(panel.options.showThresholdMarkers, true);
  const labels = flagOf(panel.options.showThresholdLabels);
  // All of one panel are written in the same size.
  const ems = values.reduce((most, { display }) => Math.max(most, emsOf(display.prefix) + emsOf(display.number) + emsOf(display.suffix) * 0.6), 0);
  return (
    <div className="cells" style={{ gridTemplateColumns: `repeat(${cells.columns}, minmax(0, 1fr))`, gridAutoRows: `${cells.height}px` }}>
      {values.map((shown) => (
        <ValueLinks key={shown.key} shown={shown} scope={scope}>
          <Dial shown={shown} width={cells.width} height={cells.height} title={values.length > 1 ? shown.title : ""} markers={markers} labels={labels} ems={ems} theme={board.theme} />
        </ValueLinks>
      ))}
    </div>
  );
}

function point(cx: number, cy: number, r: number, share: number): string {
  const angle = ((START + SWEEP * share) * Math.PI) / 180;
  return `${(cx + r * Math.cos(angle)).toFixed(2)} ${(cy + r * Math.sin(angle)).toFixed(2)}`;
}

export function arc(cx: number, cy: number, r: number, from: number, to: number): string {
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M ${point(cx, cy, r, from)} A ${r} ${r} 0 ${large} 1 ${point(cx, cy, r, to)}`;
}

const Dial = memo(function Dial({ shown, width, height, title, markers, labels, ems, theme }: { shown: ShownValue; width: number; height: number; title: string; markers: boolean; labels: boolean; ems: number; theme: "dark" | "light" }) {
  const { display, value } = shown;
  const config = shown.field.config;
  const low = typeof config.min === "number" ? config.min : 0;
  const high = typeof config.max === "number" ? config.max : defaultMax(config.unit, shown.high);
  const share = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  const room = height - (title === "" ? 0 : 18);
  const thick = Math.max(5, Math.min(20, Math.min(width, room) * 0.11));
  const outer = Math.max(10, Math.min((width - 8) / 2, (room - 6) / 1.55));
  const r = outer - thick / 2 - (markers ? thick * 0.42 : 0);
  const cx = width / 2;
  const cy = outer + Math.max(2, (room - outer * 1.52) / 2);
  const thresholds = thresholdsOf(config);
  const at = (v: number) => (thresholds.percentage ? v / 100 : (v - low) / (high - low || 1));
  const edges = thresholds.steps.map((step, i) => ({
    color: step.color,
    from: Math.max(0, step.value === -Infinity ? 0 : at(step.value)),
    to: Math.min(1, thresholds.steps[i + 1] === undefined ? 1 : at(thresholds.steps[i + 1]!.value)),
  }));
  const size = fitSize(Math.max(1.6, ems), (r - thick / 2) * 1.75, 34, 9, 34);
  const plain = displayerOf({ ...config, mappings: [] });
  return (
    <div className="gauge-cell" title={`${shown.title}: ${display.text}`}>
      <svg width={width} height={room} role="meter" aria-label={shown.title} aria-valuenow={Number.isFinite(value) ? value : undefined} aria-valuemin={low} aria-valuemax={high}>
        <path d={arc(cx, cy, r, 0, 1)} fill="none" stroke="var(--line)" strokeWidth={thick} />
        {share > 0 && <path d={arc(cx, cy, r, 0, share)} fill="none" stroke={display.color} strokeWidth={thick} />}
        {markers &&
          edges.filter((e) => e.to > e.from).map((e, i) => <path key={i} d={arc(cx, cy, outer - 1.5, e.from, e.to)} fill="none" stroke={e.color} strokeWidth={3} />)}
        {labels && r > 52 &&
          thresholds.steps.filter((s) => Number.isFinite(s.value) && at(s.value) >= 0 && at(s.value) <= 1).map((s) => {
            const [x, y] = point(cx, cy, r - thick, at(s.value)).split(" ").map(Number);
            return <text key={s.value} x={x} y={y} fontSize={10} fill="var(--dim)" textAnchor="middle">{plain(s.value).text}</text>;
          })}
        <text x={cx} y={cy + size * 0.34} textAnchor="middle" fontSize={size} fontWeight={650} fill={readableOn(display.color, theme)} data-value={value} data-name={shown.title} className="num">
          {display.prefix}{display.number}<tspan fontSize={size * 0.6} fontWeight={500}>{display.suffix}</tspan>
        </text>
      </svg>
      {title !== "" && <span className="cut dim">{title}</span>}
    </div>
  );
});

function defaultMax(unit: unknown, high: number): number {
  if (unit === "percentunit") return 1;
  return unit === "percent" || high <= 100 ? 100 : high;
}
