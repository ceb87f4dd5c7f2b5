// Big numbers, with a sparkline of where they come from.
import { memo, useEffect, useRef } from "react";
import { flagOf, objectOf, textOf } from "../../dashboard/model/json";
import { reduce } from "../../dashboard/field/reducers";
import { formatValue } from "../../dashboard/field/units";
import { classes } from "../../parts/parts";
import { readableOn, textOn, withAlpha } from "../../dashboard/field/colors";
import type { History } from "../../dashboard/data/frame";
import type { ShownValue } from "../../dashboard/data/panel_frames";
import { cssColor } from "../../charts/colors";
import { fitCanvas, tellDrawn } from "../../charts/drawn";
import { drawTrace } from "../../charts/trace";
import type { PanelViewProps } from "../panel_view";
import { cellsFor, useShownValues } from "../shown";
import { emsOf, fitSize } from "../fit_text";
import { NoValue } from "../no_value";
import { ValueLinks } from "../value_links";

export default function Stat({ panel, data, board, scope, width, height }: PanelViewProps) {
  const { values } = useShownValues(panel, data);
  if (values.length === 0) return <NoValue panel={panel} data={data} />;
  const cells = cellsFor(values.length, width, height, 2.4, 6, textOf(panel.options.orientation, "auto"));
  const mode = textOf(panel.options.colorMode, "value");
  const area = textOf(panel.options.graphMode, "area") === "area";
  const names = textOf(panel.options.textMode, "auto");
  return (
    <div className="cells" style={{ gridTemplateColumns: `repeat(${cells.columns}, minmax(0, 1fr))`, gridAutoRows: `${cells.height}px` }}>
      {values.map((shown) => (
        <ValueLinks key={shown.key} shown={shown} scope={scope}>
          <Cell shown={shown} from={data.interval.from} to={data.interval.to} width={cells.width} height={cells.height} mode={mode} area={area} title={titleOf(names, values.length, shown.title)} only={names === "name"} sizes={objectOf(panel.options.text)} theme={board.theme} change={flagOf(panel.options.showPercentChange) ? textOf(panel.options.percentChangeColorMode, "standard") : ""} centred={panel.options.justifyMode === "center"} />
        </ValueLinks>
      ))}
    </div>
  );
}

function titleOf(mode: string, count: number, title: string): string {
  if (mode === "value" || mode === "none") return "";
  return mode === "auto" && count === 1 ? "" : title;
}

interface CellProps {
  shown: ShownValue;
  from: number; // Unix seconds, of the sparkline's edges
  to: number;
  width: number;
  height: number;
  mode: string;
  area: boolean;
  title: string;
  only: boolean;
  sizes: Record<string, unknown>;
  theme: "dark" | "light";
  change: string; // how the change in per cent is coloured, "" for none
  centred: boolean;
}

// From the first value to the last, as a share of the first.
function changeOf(values: Float64Array | undefined): number {
  return values === undefined ? NaN : reduce(values, "diffperc");
}

const TONES: Record<string, readonly [string, string]> = { standard: ["var(--ok)", "var(--critical)"], inverted: ["var(--critical)", "var(--ok)"] };

function Cell({ shown, from, to, width, height, mode, area, title, only, sizes, theme, change, centred }: CellProps) {
  const { display, value, series } = shown;
  const filled = mode.startsWith("background");
  const color = filled ? textOn(display.color) : mode === "none" ? "var(--text)" : readableOn(display.color, theme);
  const sparkline = area && series !== undefined && height > 50 && series.values.length > 2;
  const moved = change === "" || only ? NaN : changeOf(series?.values);
  const ems = only ? emsOf(title) : emsOf(display.number) + (emsOf(display.prefix) + emsOf(display.suffix)) * 0.55 + 0.15 + (Number.isFinite(moved) ? 2.4 : 0);
  const valueSize = typeof sizes.valueSize === "number" ? sizes.valueSize : fitSize(ems, width - (filled ? 20 : 12), (height - (title === "" ? 4 : 20)) * (sparkline ? 0.52 : 0.72), 9, 44);
  return (
    <div className={classes("stat-cell", filled && "filled", centred && "centred")} style={filled ? { background: mode === "background_solid" ? display.color : `linear-gradient(150deg, ${display.color}, ${withAlpha(display.color, 0.82)})`, color } : undefined} title={`${shown.title}: ${display.text}`}>
      {title !== "" && !only && <span className="cut stat-name" style={filled ? { color } : undefined}>{title}</span>}
      <span className="stat-value num" style={{ fontSize: valueSize, color }} data-value={value} data-name={shown.title}>
        {only ? (
          title
        ) : (
          <>
            {display.prefix !== "" && <small>{display.prefix}</small>}
            {display.number}
            {display.suffix !== "" && <small>{display.suffix}</small>}
            {Number.isFinite(moved) && (
              <small className="stat-change" style={filled ? undefined : { color: TONES[change] === undefined ? color : moved === 0 ? "var(--dim)" : TONES[change]![moved > 0 ? 0 : 1] }} data-change={moved}>
                {moved > 0 ? "▲" : moved < 0 ? "▼" : ""} {formatValue(Math.abs(moved), "percentunit", 1)}
              </small>
            )}
          </>
        )}
      </span>
      {sparkline && <Spark times={series.times} values={series.values} everyStep={series.everyStep} from={from} to={to} color={filled ? color : display.color} width={width} height={Math.max(16, height - valueSize * 1.2 - (title === "" ? 6 : 24))} low={shown.field.config.min as number | undefined} />}
    </div>
  );
}

// Drawn by hand on a canvas: a hundred of them cost nothing.
const Spark = memo(function Spark({ times, values, everyStep, from, to, color, width, height, low }: History & { from: number; to: number; color: string; width: number; height: number; low: number | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    tellDrawn(element, () => ({ times, rows: [{ name: "", values }] }));
    if (!element || !pen || width < 4) return;
    const ratio = devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    fitCanvas(element, w, h);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    let least = low ?? Infinity;
    let most = -Infinity;
    for (const value of values) {
      if (value < least && value > -Infinity) least = value;
      if (value > most && value < Infinity) most = value;
    }
    if (!(least <= most)) return;
    if (most - least < Math.abs(most) * 1e-6 + 1e-12) [least, most] = [least - 1, most + 1];
    pen.strokeStyle = pen.fillStyle = cssColor(color);
    drawTrace(pen, { times, values, everyStep, from, to, low: least, high: most, width, height, fill: 0.16 });
  });
  return <canvas className="stat-spark" ref={canvas} aria-hidden="true" style={{ height }} />;
});
