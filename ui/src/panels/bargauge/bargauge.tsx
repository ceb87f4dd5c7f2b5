// Bars against a scale, lying or standing.
import { flagOf, textOf } from "../../dashboard/model/json";
import { readableOn, schemeColor, withAlpha } from "../../dashboard/field/colors";
import { stepFor, thresholdsOf } from "../../dashboard/field/display";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import type { PanelViewProps } from "../panel_view";
import { useShownValues } from "../shown";
import { NoValue } from "../no_value";

export default function BarGauge({ panel, data, board, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  if (values.length === 0) return <NoValue panel={panel} data={data} />;
  const asked = textOf(panel.options.orientation, "auto");
  const lying = asked === "horizontal" || (asked === "auto" && (width > height * 1.2 || values.length > 8));
  const mode = textOf(panel.options.displayMode, "gradient");
  const track = flagOf(panel.options.showUnfilled, true);
  return (
    <div className={lying ? "bars lying" : "bars standing"} style={lying ? { gridAutoRows: `minmax(${Math.max(18, Math.min(46, height / values.length - 4))}px, auto)` } : { height }}>
      {values.map((shown) => (
        <Bar key={shown.key} shown={shown} lying={lying} mode={mode} track={track} theme={board.theme} named={values.length > 1 || shown.title !== "Value"} />
      ))}
    </div>
  );
}

function Bar({ shown, lying, mode, track, named, theme }: { shown: ShownValue; lying: boolean; mode: string; track: boolean; named: boolean; theme: "dark" | "light" }) {
  const { display, value, low, high } = shown;
  const config = shown.field.config;
  const top = typeof config.max === "number" ? config.max : config.unit === "percentunit" ? Math.max(1, high) : config.unit === "percent" ? Math.max(100, high) : high;
  const share = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (value - low) / (top - low || 1)));
  const size = `${(share * 100).toFixed(2)}%`;
  const background = mode === "lcd" ? lcd(shown, low, top, lying) : mode === "gradient" ? gradient(shown, low, top, lying, share) : withAlpha(display.color, 0.85);
  return (
    <div className="bar-row" title={`${shown.title}: ${display.text}`}>
      {named && <span className="cut bar-name">{shown.title}</span>}
      <span className="bar-track" style={track ? undefined : { background: "none" }}>
        <i style={lying ? { width: size, background } : { height: size, background }} />
      </span>
      <b className="num bar-value" style={{ color: readableOn(display.color, theme) }} data-value={value} data-name={shown.title}>
        {display.text}
      </b>
    </div>
  );
}

function colorAt(shown: ShownValue, share: number, low: number, high: number): string {
  const mode = (shown.field.config.color as { mode?: string } | undefined)?.mode ?? "thresholds";
  if (mode.startsWith("continuous-")) return schemeColor(mode.slice(11), share);
  return mode === "thresholds" ? stepFor(thresholdsOf(shown.field.config), low + share * (high - low), share).color : shown.display.color;
}

function gradient(shown: ShownValue, low: number, high: number, lying: boolean, share: number): string {
  const stops = [0, 0.25, 0.5, 0.75, 1].map((part) => colorAt(shown, part * share, low, high));
  return `linear-gradient(${lying ? "90deg" : "0deg"}, ${stops.join(", ")})`;
}

// Blocks, each in the colour of its place on the scale.
function lcd(shown: ShownValue, low: number, high: number, lying: boolean): string {
  const color = colorAt(shown, (shown.value - low) / (high - low || 1), low, high);
  return `repeating-linear-gradient(${lying ? "90deg" : "0deg"}, ${color} 0 7px, transparent 7px 9px)`;
}
