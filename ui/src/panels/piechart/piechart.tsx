// Shares of a whole. A whole of nothing is an empty ring, with its legend and its zeros.
import { useState } from "react";
import { arrayOf, flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import { isHiddenFrom, seriesColorOf } from "../../dashboard/field/display";
import { textOn } from "../../dashboard/field/colors";
import { formatValue } from "../../dashboard/field/units";
import type { PanelViewProps } from "../panel_view";
import { useShownValues } from "../shown";
import { NoValue } from "../no_value";
import { NameLink } from "../value_links";

const LEGEND_ROW = 20;

export default function PieChart({ panel, data, scope, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  const [over, setOver] = useState<string | undefined>();
  const listed = values
    .filter((v) => Number.isFinite(v.value) && !isHiddenFrom(v.field.config, "viz"))
    .map((v, i) => {
      const config = v.field.config;
      const mode = objectOf(config.color).mode;
      const color = mode === undefined || mode === "palette-classic" || mode === "thresholds" ? seriesColorOf({ color: { mode: "palette-classic" } }, i, v.title, v.value) : seriesColorOf(config, i, v.title, v.value);
      return { ...v, color: v.display.judged && arrayOf(config.mappings).length > 0 ? v.display.color : color };
    });
  if (listed.length === 0) return <NoValue panel={panel} data={data} />;
  const sort = textOf(panel.options.sort, "desc");
  if (sort !== "none") listed.sort((a, b) => (sort === "asc" ? a.value - b.value : b.value - a.value));
  const slices = listed.filter((v) => v.value > 0);
  const total = slices.reduce((sum, s) => sum + s.value, 0);
  const shareOf = (value: number) => (total === 0 ? 0 : Math.max(0, value) / total);
  const percent = (value: number) => formatValue(shareOf(value), "percentunit", 1);

  const legend = objectOf(panel.options.legend);
  const shown = flagOf(legend.showLegend, true) && legend.displayMode !== "hidden";
  const given = textsOf(legend.values);
  const columns = given.length > 0 ? given : ["value", "percent"];
  // Beside a pie in a narrow panel no name would be left of: then the legend stands below.
  const side = (legend.placement === "right" && (width >= 200 + 70 * columns.length || height < 170)) || width > height * 1.5;
  const legendSize = !shown ? 0 : side ? Math.min(240, Math.max(width * 0.5, width - Math.max(90, height * 0.8))) : Math.min(height * 0.4, listed.length * LEGEND_ROW + 4);
  const size = Math.max(40, Math.min(side ? width - legendSize : width, side ? height : height - legendSize) - 6);
  const r = size / 2 - 2;
  const donut = panel.options.pieType === "donut";
  const hole = donut ? r * 0.62 : 0;
  const labels = textsOf(panel.options.displayLabels);
  let angle = -Math.PI / 2;
  return (
    <div className={side ? "pie side" : "pie"}>
      <svg width={size} height={size} role="img" aria-label={panel.title || panel.type} data-total={total}>
        {slices.length === 0 && <EmptyRing centre={size / 2} r={r} hole={hole} />}
        {slices.map((slice) => {
          const sweep = shareOf(slice.value) * Math.PI * 2;
          const d = slicePath(size / 2, r, hole, angle, sweep);
          const middle = angle + sweep / 2;
          angle += sweep;
          const texts = labels.map((label) => (label === "name" ? slice.title : label === "percent" ? percent(slice.value) : slice.display.text));
          const away = donut ? (r + hole) / 2 : r * 0.66;
          // A label is drawn where its slice has room for it.
          const room = Math.min(sweep, Math.PI / 2) * away;
          const wide = texts.reduce((most, text) => Math.max(most, text.length), 0) * 6 + 4;
          return (
            <g key={slice.key} opacity={over === undefined || over === slice.key ? 1 : 0.35} onMouseEnter={() => setOver(slice.key)} onMouseLeave={() => setOver(undefined)}>
              <path d={d} fill={slice.color} stroke="var(--panel)" strokeWidth={1.5} data-value={slice.value} data-name={slice.title}>
                <title>{`${slice.title}: ${slice.display.text} · ${percent(slice.value)}`}</title>
              </path>
              {texts.length > 0 && room > texts.length * 12 && wide < (donut ? r - hole : r * 0.95) && (
                <text x={size / 2 + away * Math.cos(middle)} y={size / 2 + away * Math.sin(middle) - (texts.length - 1) * 6.5 + 4} textAnchor="middle" fontSize={11} fill={textOn(slice.color)} pointerEvents="none">
                  {texts.map((text, i) => (
                    <tspan key={i} x={size / 2 + away * Math.cos(middle)} dy={i === 0 ? 0 : 13}>
                      {text}
                    </tspan>
                  ))}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      {shown && (
        <ul className="pie-legend" style={side ? { width: legendSize, maxHeight: height } : { maxHeight: legendSize }}>
          {listed.filter((slice) => !isHiddenFrom(slice.field.config, "legend")).map((slice) => (
            <li key={slice.key} onMouseEnter={() => setOver(slice.key)} onMouseLeave={() => setOver(undefined)} className={over !== undefined && over !== slice.key ? "faded" : undefined}>
              <i style={{ background: slice.color }} />
              <NameLink shown={slice} scope={scope} className="cut grow" />
              {columns.includes("value") && <b className="num" data-value={slice.value} data-legend={slice.title}>{slice.display.text}</b>}
              {columns.includes("percent") && <b className="num" data-value={shareOf(slice.value)}>{percent(slice.value)}</b>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function EmptyRing({ centre, r, hole }: { centre: number; r: number; hole: number }) {
  const thick = r - Math.max(hole, r * 0.62);
  return <circle className="empty-ring" cx={centre} cy={centre} r={r - thick / 2} fill="none" stroke="var(--line)" strokeWidth={thick} />;
}

function slicePath(centre: number, r: number, hole: number, from: number, sweep: number): string {
  const full = sweep >= Math.PI * 2 - 1e-6;
  const to = from + (full ? Math.PI * 2 - 1e-4 : sweep);
  const at = (radius: number, angle: number) => `${(centre + radius * Math.cos(angle)).toFixed(2)} ${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  const large = to - from > Math.PI ? 1 : 0;
  if (hole === 0) return `M ${centre} ${centre} L ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} Z`;
  return `M ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} L ${at(hole, to)} A ${hole} ${hole} 0 ${large} 0 ${at(hole, from)} Z`;
}
