// Shares of a whole.
import { useState } from "react";
import { arrayOf, flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import { seriesColorOf } from "../../dashboard/field/display";
import { formatValue } from "../../dashboard/field/units";
import type { PanelViewProps } from "../panel_view";
import { useShownValues } from "../shown";
import { NoValue } from "../no_value";

export default function PieChart({ panel, data, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  const [over, setOver] = useState<string | undefined>();
  const slices = values
    .filter((v) => v.value > 0 && Number.isFinite(v.value))
    .map((v, i) => {
      const config = v.field.config;
      const mode = objectOf(config.color).mode;
      const color = mode === undefined || mode === "palette-classic" || mode === "thresholds" ? seriesColorOf({ color: { mode: "palette-classic" } }, i, v.title, v.value) : seriesColorOf(config, i, v.title, v.value);
      return { ...v, color: v.display.judged && arrayOf(config.mappings).length > 0 ? v.display.color : color };
    });
  if (slices.length === 0) return <NoValue panel={panel} data={data} />;
  const sort = textOf(panel.options.sort, "desc");
  if (sort !== "none") slices.sort((a, b) => (sort === "asc" ? a.value - b.value : b.value - a.value));
  const total = slices.reduce((sum, s) => sum + s.value, 0);
  const legend = objectOf(panel.options.legend);
  const shown = flagOf(legend.showLegend, true);
  const side = legend.placement === "right" || width > height * 1.5;
  const listed = textsOf(legend.values).length > 0 ? textsOf(legend.values) : ["value", "percent"];
  const legendSize = !shown ? 0 : side ? Math.min(240, width * 0.5) : Math.min(height * 0.4, slices.length * 20 + 4);
  const size = Math.max(40, Math.min(side ? width - legendSize : width, side ? height : height - legendSize) - 6);
  const r = size / 2 - 2;
  const hole = panel.options.pieType === "donut" ? r * 0.62 : 0;
  let angle = -Math.PI / 2;
  return (
    <div className={side ? "pie side" : "pie"}>
      <svg width={size} height={size} role="img" aria-label={panel.title || panel.type}>
        {slices.map((slice) => {
          const sweep = (slice.value / total) * Math.PI * 2;
          const d = slicePath(size / 2, r, hole, angle, sweep);
          angle += sweep;
          return (
            <path key={slice.key} d={d} fill={slice.color} stroke="var(--panel)" strokeWidth={1.5} data-value={slice.value} data-name={slice.title} opacity={over === undefined || over === slice.key ? 1 : 0.35} onMouseEnter={() => setOver(slice.key)} onMouseLeave={() => setOver(undefined)}>
              <title>{`${slice.title}: ${slice.display.text} · ${formatValue(slice.value / total, "percentunit", 1)}`}</title>
            </path>
          );
        })}
      </svg>
      {shown && (
        <ul className="pie-legend" style={side ? { width: legendSize, maxHeight: height } : { maxHeight: legendSize }}>
          {slices.map((slice) => (
            <li key={slice.key} onMouseEnter={() => setOver(slice.key)} onMouseLeave={() => setOver(undefined)} className={over !== undefined && over !== slice.key ? "faded" : undefined}>
              <i style={{ background: slice.color }} />
              <span className="cut grow" title={slice.title}>{slice.title}</span>
              {listed.includes("value") && <b className="num" data-value={slice.value}>{slice.display.text}</b>}
              {listed.includes("percent") && <b className="num" data-value={slice.value / total}>{formatValue(slice.value / total, "percentunit", 1)}</b>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function slicePath(centre: number, r: number, hole: number, from: number, sweep: number): string {
  const full = sweep >= Math.PI * 2 - 1e-6;
  const to = from + (full ? Math.PI * 2 - 1e-4 : sweep);
  const at = (radius: number, angle: number) => `${(centre + radius * Math.cos(angle)).toFixed(2)} ${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  const large = to - from > Math.PI ? 1 : 0;
  if (hole === 0) return `M ${centre} ${centre} L ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} Z`;
  return `M ${at(r, from)} A ${r} ${r} 0 ${large} 1 ${at(r, to)} L ${at(hole, to)} A ${hole} ${hole} 0 ${large} 0 ${at(hole, from)} Z`;
}
