// Bar chart: groups of bars along names or times, standing or lying, side by side or stacked.
import { useMemo } from "react";
import { numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { withAlpha } from "../../dashboard/field/colors";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { catalogue } from "../../text/catalogue";
import type { Scope } from "../../dashboard/model/scope";
import { formatTicks } from "../../dashboard/field/units";
import { NoValue } from "../no_value";
import { useHidden } from "../timeseries/legend_room";
import { nextPlace, usePinned } from "../pinned";
import type { PanelViewProps } from "../panel_view";
import { extentOf, stackBars, type Ends } from "../cartesian/bars";
import { ChartFrame, Tip } from "../cartesian/chart_frame";
import { scaleOf, shortened, textWidth } from "../cartesian/scale";
import { ThresholdMarks, ValueAxis } from "../cartesian/value_axis";
import { barsOf, type BarModel } from "./bars_model";

const t = catalogue(
  {
    noLabels: "A bar chart needs a column of names or times.",
    noNumbers: "A bar chart needs a column of numbers.",
    more: "{n} more {n|row is|rows are} not drawn",
  },
  {
    de: {
      noLabels: "Ein Balkendiagramm braucht eine Spalte mit Namen oder Zeiten.",
      noNumbers: "Ein Balkendiagramm braucht eine Spalte mit Zahlen.",
      more: "{n} weitere {n|Zeile ist|Zeilen sind} nicht gezeichnet",
    },
  },
);

export default function BarChart({ panel, data, board, scope, width, height }: PanelViewProps) {
  const model = useMemo(() => barsOf(panel, preparedFrames(panel, data).frames, board.zone), [panel, data, board.zone]);
  const names = model === undefined || "problem" in model ? [] : model.series.map((s) => s.name);
  const [hidden, toggle] = useHidden(names);
  if (model === undefined) return <NoValue panel={panel} data={data} />;
  if ("problem" in model) return <div className="no-value">{t(model.problem)}</div>;
  const note = model.more > 0 ? 16 : 0;
  return (
    <>
      {note > 0 && <div className="dim bar-note">{t("more", { n: model.more })}</div>}
      <ChartFrame panel={panel} items={model.series} width={width} height={height - note} hidden={hidden} onToggle={toggle}>
        {(w, h) => <Bars model={{ ...model, series: model.series.filter((s) => !hidden.has(s.name)) }} options={panel.options} scope={scope} title={panel.title || panel.type} width={w} height={h} />}
      </ChartFrame>
    </>
  );
}

interface BarsProps {
  model: BarModel;
  options: Record<string, unknown>;
  scope: Scope;
  title: string;
  width: number;
  height: number;
}

const VALUE_ROOM = 15;

function Bars({ model, options, scope, title, width, height }: BarsProps) {
  const { groups, series, axis, stacking } = model;
  const { over, pinned, move: setOver, click, host } = usePinned<{ group: number; series: number; left: number; top: number }>();
  const ends = useMemo(() => stackBars(series.map((s) => s.values), groups.length, stacking), [series, groups.length, stacking]);
  const asked = textOf(options.orientation, "auto");
  const lying = asked === "horizontal" || (asked !== "vertical" && width < height);
  const [low, high] = extentOf(ends);
  const limit = numberOf(options.xTickLabelMaxLength, 0);
  const labels = groups.map((name) => shortened(name, limit > 0 ? limit : lying ? Math.max(6, Math.floor((width * 0.4) / 6.3)) : 40));
  const widest = labels.reduce((most, label) => Math.max(most, textWidth(label)), 0);
  const asideRoom = (width - 60) / Math.max(1, groups.length);
  // Names that would not stand side by side are turned, as long as each can have a line of its own.
  const turned = options.xTickLabelSpacing === undefined && widest + 6 > asideRoom && asideRoom >= 15;
  const angle = lying ? 0 : numberOf(options.xTickLabelRotation, 0) || (turned ? -40 : 0);
  const named = axisRoom(axis, low, high, height);

  // Lying bars have their names on the left and their values below; standing ones the other way round.
  const gutter = lying ? Math.min(width * 0.45, widest + 10) : axis.hidden ? 6 : named + (axis.label === "" ? 0 : 16);
  const foot = lying ? (axis.hidden ? 4 : 20) + (axis.label === "" ? 0 : 14) : Math.min(height * 0.4, 8 + 12 + Math.abs(Math.sin((angle * Math.PI) / 180)) * widest);
  const right = !lying && axis.side === "right" && !axis.hidden;
  const box = { left: right ? 6 : gutter, top: 6, width: Math.max(20, width - gutter - 8), height: Math.max(20, height - foot - 6) };
  const along = lying ? box.height : box.width;
  const across = lying ? box.width : box.height;
  const scale = scaleOf(axis, low, high, lying ? across / 1.6 : across, true);
  const place = (value: number) => (lying ? box.left + scale.share(value) * across : box.top + (1 - scale.share(value)) * across);
  const ground = scale.log > 0 ? scale.low : 0;

  const band = along / Math.max(1, groups.length);
  // Stacked bars use the two widths the other way round, as there is one bar in a group.
  const [groupWidth, barWidth] = [numberOf(options.groupWidth, 0.7), numberOf(options.barWidth, 0.97)];
  const share = stacking === "none" ? groupWidth : barWidth;
  const slot = (band * share) / (stacking === "none" ? Math.max(1, series.length) : 1);
  const thick = Math.max(1, slot * (stacking === "none" ? barWidth : groupWidth));
  const start = (lying ? box.top : box.left) + (band * (1 - share)) / 2;
  const rectOf = (s: number, g: number, { from, to }: Ends) => {
    const a = place(Math.max(ground, from));
    const b = place(scale.log > 0 ? Math.max(ground, to) : to);
    const side = start + g * band + (stacking === "none" ? s * slot : 0) + (slot - thick) / 2;
    const size = Math.abs(b - a);
    return lying ? { x: Math.min(a, b), y: side, width: size, height: thick } : { x: side, y: Math.min(a, b), width: thick, height: size };
  };

  const spacing = numberOf(options.xTickLabelSpacing, 0);
  const need = lying ? 14 : angle === 0 ? widest + 8 : 15;
  const every = Math.max(1, Math.ceil(Math.max(need, Math.abs(spacing)) / band));
  const shownLabel = (g: number) => (spacing < 0 ? (groups.length - 1 - g) % every === 0 : g % every === 0);
  const values = textOf(options.showValue, "auto");
  const size = numberOf(objectOf(options.text).valueSize, 11);
  const fits = (text: string, rect: { width: number; height: number }) => values === "always" || (lying ? thick >= size - 1 : textWidth(text) <= (stacking === "none" ? slot + 6 : rect.width + 4)) && (stacking === "none" || (lying ? rect.width > textWidth(text) + 4 : rect.height > size + 3));
  const radius = (rect: { width: number; height: number }) => Math.min(rect.width, rect.height) * 0.5 * Math.min(1, Math.max(0, numberOf(options.barRadius, 0)));
  const single = objectOf(options.tooltip).mode === "single";
  const full = options.fullHighlight === true;

  const move = (event: React.MouseEvent<SVGSVGElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - bounds.left, event.clientY - bounds.top];
    const at = Math.floor(((lying ? top - box.top : left - box.left)) / band);
    const within = (lying ? top - start : left - start) - at * band;
    const inside = left >= box.left && left <= box.left + box.width && top >= box.top && top <= box.top + box.height;
    if (!inside || at < 0 || at >= groups.length) return setOver(undefined);
    const under = stacking === "none" ? Math.min(series.length - 1, Math.max(0, Math.floor(within / slot))) : series.findIndex((_, s) => {
      const one = ends[s]![at];
      if (one === undefined) return false;
      const rect = rectOf(s, at, one);
      return lying ? left >= rect.x && left <= rect.x + rect.width : top >= rect.y && top <= rect.y + rect.height;
    });
    setOver({ group: at, series: under, left, top });
  };
  // Along the names from group to group, across them from bar to bar.
  const step = (from: typeof over, right: number, up: number) => {
    const group = nextPlace(from?.group, lying ? -up : right, groups.length);
    const bar = nextPlace(from?.series, lying ? right : up, series.length);
    if (group === undefined || bar === undefined) return undefined;
    const rect = rectOf(bar, group, ends[bar]![group] ?? { from: ground, to: ground });
    return { group, series: bar, left: rect.x + rect.width / 2, top: rect.y + rect.height / 2 };
  };
  const tip = over === undefined ? [] : series.map((s, i) => ({ s, i, value: s.values[over.group] ?? NaN })).filter(({ s, i, value }) => !s.hidden.tooltip && !Number.isNaN(value) && (!single || i === over.series));
  const near = over === undefined ? undefined : series[over.series];
  const links = over === undefined || near?.links === undefined ? [] : near.links(over.group, near.display(near.values[over.group] ?? NaN), scope);
  return (
    <div className="chart-host" style={{ width, height }} {...host(title, links, step)}>
      <svg width={width} height={height} className={links.length > 0 ? "linked" : undefined} role="img" aria-label={title} data-groups={groups.length} data-lying={lying} onMouseMove={move} onMouseLeave={() => setOver(undefined)} onClick={() => click(links)}>
        <ValueAxis scale={scale} texts={formatTicks(scale.ticks, axis.unit, axis.decimals)} axis={axis} box={box} lying={lying} width={width} height={height} />
        {over !== undefined && full && <rect x={lying ? box.left : box.left + over.group * band} y={lying ? box.top + over.group * band : box.top} width={lying ? box.width : band} height={lying ? band : box.height} fill="var(--hover)" opacity={0.6} />}
        {series.map((one, s) =>
          groups.map((group, g) => {
            const end = ends[s]![g];
            if (end === undefined) return null;
            const rect = rectOf(s, g, end);
            const color = one.colors?.[g] ?? one.color;
            const value = one.values[g]!;
            const text = one.display(value).text;
            const faded = over !== undefined && over.group !== g;
            return (
              <g key={`${s}/${g}`} opacity={faded ? 0.55 : 1}>
                <rect {...rect} rx={radius(rect)} fill={withAlpha(color, one.gradient ? one.fill * 0.75 : one.fill)} stroke={one.line > 0 ? color : "none"} strokeWidth={one.line} data-value={value} data-name={one.name} data-group={group} />
                {values !== "never" && fits(text, rect) && (
                  <text {...valuePlace(rect, lying, value, stacking !== "none", box, textWidth(text) * (size / 11))} fontSize={size} className="num" fill="var(--text)">
                    {text}
                  </text>
                )}
              </g>
            );
          }),
        )}
        <ThresholdMarks axis={axis} scale={scale} box={box} lying={lying} />
        {labels.map((label, g) => {
          if (!shownLabel(g)) return null;
          const centre = (lying ? box.top : box.left) + (g + 0.5) * band;
          return lying ? (
            <text key={g} x={box.left - 6} y={centre + 4} textAnchor="end" fontSize={11} fill="var(--dim)">
              {label}
              {label !== groups[g] && <title>{groups[g]}</title>}
            </text>
          ) : (
            <text key={g} x={centre} y={box.top + box.height + 15} textAnchor={angle === 0 ? "middle" : angle < 0 ? "end" : "start"} transform={angle === 0 ? undefined : `rotate(${angle} ${centre} ${box.top + box.height + 10})`} fontSize={11} fill="var(--dim)">
              {label}
              {label !== groups[g] && <title>{groups[g]}</title>}
            </text>
          );
        })}
      </svg>
      {over !== undefined && tip.length > 0 && <Tip left={over.left} top={over.top} width={width} height={height} head={groups[over.group]!} lines={tip.map(({ s, i, value }) => ({ color: s.colors?.[over.group] ?? s.color, name: s.name, text: s.display(value).text, near: i === over.series }))} links={pinned ? links : undefined} />}
    </div>
  );
}

// The room that the texts of the axis take, guessed from its ends before the scale is known.
function axisRoom(axis: BarModel["axis"], low: number, high: number, height: number): number {
  const scale = scaleOf(axis, low, high, height, true);
  return Math.max(30, formatTicks(scale.ticks, axis.unit, axis.decimals).reduce((most, text) => Math.max(most, textWidth(text)), 0) + 10);
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

// A value stands at the end of its bar, in the middle of a piece of a stack, and never outside the plot.
function valuePlace(rect: { x: number; y: number; width: number; height: number }, lying: boolean, value: number, stacked: boolean, box: Box, wide: number): { x: number; y: number; textAnchor: "start" | "middle" | "end" } {
  const middle = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 + 4, textAnchor: "middle" as const };
  if (stacked) return middle;
  if (lying) {
    const right = rect.x + rect.width + 4;
    if (value < 0) return { x: Math.max(box.left + wide, rect.x - 4), y: middle.y, textAnchor: "end" };
    return right + wide > box.left + box.width + 6 ? { x: rect.x + rect.width - 4, y: middle.y, textAnchor: "end" } : { x: right, y: middle.y, textAnchor: "start" };
  }
  if (value < 0) return { ...middle, y: Math.min(box.top + box.height - 2, rect.y + rect.height + VALUE_ROOM - 3) };
  return { ...middle, y: Math.max(box.top + 9, rect.y - 4) };
}
