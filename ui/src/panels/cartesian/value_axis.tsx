// The axis of values of a chart in SVG, with its grid, and the thresholds drawn on it.
import { withAlpha } from "../../dashboard/field/colors";
import type { Axis } from "../timeseries/picture";
import type { Scale } from "./scale";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface ValueAxisProps {
  scale: Scale;
  texts: readonly string[];
  axis: Axis;
  box: Box;
  lying: boolean; // values run from left to right
  width: number; // of the whole drawing
  height: number;
}

export function ValueAxis({ scale, texts, axis, box, lying, width, height }: ValueAxisProps) {
  const right = axis.side === "right" && !lying;
  const middle = lying ? box.left + box.width / 2 : box.top + box.height / 2;
  return (
    <g className="num">
      {scale.ticks.map((tick, i) => {
        const share = scale.share(tick);
        if (share < -1e-6 || share > 1 + 1e-6) return null;
        const at = lying ? box.left + share * box.width : box.top + (1 - share) * box.height;
        const line = lying ? { x1: at, x2: at, y1: box.top, y2: box.top + box.height } : { x1: box.left, x2: box.left + box.width, y1: at, y2: at };
        return (
          <g key={tick}>
            {(axis.grid || tick === 0) && <line {...line} stroke={tick === 0 ? "var(--line-strong)" : "var(--grid)"} strokeWidth={1} shapeRendering="crispEdges" />}
            {!axis.hidden &&
              (lying ? (
                <text x={at} y={box.top + box.height + 15} textAnchor={share > 0.97 ? "end" : share < 0.03 ? "start" : "middle"} fontSize={11} fill="var(--dim)">
                  {texts[i]}
                </text>
              ) : (
                <text x={right ? box.left + box.width + 5 : box.left - 6} y={Math.min(box.top + box.height, Math.max(box.top + 4, at + 4))} textAnchor={right ? "start" : "end"} fontSize={11} fill="var(--dim)">
                  {texts[i]}
                </text>
              ))}
          </g>
        );
      })}
      {axis.label !== "" &&
        !axis.hidden &&
        (lying ? (
          <text x={middle} y={height - 3} textAnchor="middle" fontSize={11} fill="var(--dim)">
            {axis.label}
          </text>
        ) : (
          <text transform={`translate(${right ? width - 4 : 11} ${middle}) rotate(-90)`} textAnchor="middle" fontSize={11} fill="var(--dim)">
            {axis.label}
          </text>
        ))}
    </g>
  );
}

export function ThresholdMarks({ axis, scale, box, lying }: { axis: Axis; scale: Scale; box: Box; lying: boolean }) {
  if (axis.thresholds === undefined) return null;
  const { percentage, steps } = axis.thresholds;
  const value = (given: number) => (percentage ? scale.low + (given / 100) * (scale.high - scale.low) : given);
  const line = /line|dashed/.test(axis.thresholdMode);
  const area = axis.thresholdMode.includes("area");
  const share = (given: number) => (given === -Infinity ? 0 : Math.min(1, Math.max(0, scale.share(value(given)))));
  return (
    <g pointerEvents="none">
      {steps.map((step, i) => {
        if (step.color === "transparent") return null;
        const from = share(step.value);
        const to = steps[i + 1] === undefined ? 1 : share(steps[i + 1]!.value);
        const at = lying ? box.left + from * box.width : box.top + (1 - from) * box.height;
        const region = lying ? { x: at, y: box.top, width: (to - from) * box.width, height: box.height } : { x: box.left, y: box.top + (1 - to) * box.height, width: box.width, height: (to - from) * box.height };
        return (
          <g key={i}>
            {area && to > from && <rect {...region} fill={withAlpha(step.color, 0.1)} />}
            {line && Number.isFinite(step.value) && from > 0 && from < 1 && (
              <line {...(lying ? { x1: at, x2: at, y1: box.top, y2: box.top + box.height } : { x1: box.left, x2: box.left + box.width, y1: at, y2: at })} stroke={step.color} strokeWidth={1} strokeDasharray={axis.thresholdMode.includes("dashed") ? "6 5" : undefined} />
            )}
          </g>
        );
      })}
    </g>
  );
}
