// Bars against a scale, lying or standing.
import { flagOf, numberOf, textOf } from "../../dashboard/model/json";
import { readableOn, schemeColor, withAlpha } from "../../dashboard/field/colors";
import { classes } from "../../parts/parts";
import { stepFor, thresholdsOf } from "../../dashboard/field/display";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import type { PanelViewProps } from "../panel_view";
import { useShownValues } from "../shown";
import type { Scope } from "../../dashboard/model/scope";
import { NoValue } from "../no_value";
import { NameLink } from "../value_links";

export default function BarGauge({ panel, data, board, scope, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  if (values.length === 0) return <NoValue panel={panel} data={data} />;
  const asked = textOf(panel.options.orientation, "auto");
  const lying = asked === "horizontal" || (asked === "auto" && (width > height * 1.2 || values.length > 8));
  const mode = textOf(panel.options.displayMode, "gradient");
  const track = flagOf(panel.options.showUnfilled, true);
  const manual = panel.options.sizing === "manual";
  const least = manual ? numberOf(panel.options.minVizHeight, 18) : 18;
  const most = manual ? Math.max(least, numberOf(panel.options.maxVizHeight, 300)) : 46;
  const placement = textOf(panel.options.namePlacement, "auto");
  const written = textOf(panel.options.valueMode, "color");
  const above = lying && placement === "top";
  return (
    <div className={classes("bars", lying ? "lying" : "standing", above && "named-above", written === "hidden" && "unwritten")} style={lying ? { gridAutoRows: above ? "auto" : `minmax(${Math.max(least, Math.min(most, height / values.length - 4))}px, auto)` } : { height }}>
      {values.map((shown) => (
        <Bar key={shown.key} shown={shown} lying={lying} mode={mode} track={track} theme={board.theme} named={placement !== "hidden" && (values.length > 1 || shown.title !== "Value")} written={written} scope={scope} />
      ))}
    </div>
  );
}

function Bar({ shown, lying, mode, track, named, written, scope, theme }: { shown: ShownValue; lying: boolean; mode: string; track: boolean; named: boolean; written: string; scope: Scope; theme: "dark" | "light" }) {
  const { display, value, low, high } = shown;
  const config = shown.field.config;
  const top = typeof config.max === "number" ? config.max : config.unit === "percentunit" ? Math.max(1, high) : config.unit === "percent" ? Math.max(100, high) : high;
  const share = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (value - low) / (top - low || 1)));
  const size = `${(share * 100).toFixed(2)}%`;
  const background = mode === "lcd" ? lcd(shown, low, top, lying) : mode === "gradient" ? gradient(shown, low, top, lying, share) : withAlpha(display.color, 0.85);
  return (
    <div className="bar-row" title={`${shown.title}: ${display.text}`}>
      {named ? <NameLink shown={shown} scope={scope} className="cut bar-name" /> : lying && <span />}
      <span className="bar-track" style={track ? undefined : { background: "none" }}>
        <i style={lying ? { width: size, background } : { height: size, background }} />
      </span>
      <b className={written === "hidden" ? "unseen" : "num bar-value"} style={written === "color" ? { color: readableOn(display.color, theme) } : undefined} data-value={value} data-name={shown.title}>
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
