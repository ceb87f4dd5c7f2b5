// Half rings with their thresholds, as SVG.
import { useMemo } from "react";
import type { PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { useShownMaker } from "../shown";
import { ValueLinks } from "../value_links";
import { useWritten, writeAttribute, writeText } from "../written";
import { gaugeLook, gaugePicture, hasSameElements, type Dial, type GaugePicture } from "./gauge_picture";

export default function Gauge({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const maker = useShownMaker();
  const look = useMemo(() => gaugeLook(panel, board.theme), [panel, board.theme]);
  const { picture, newest, host } = useWritten(
    { source, data, board },
    { make: (tick) => gaugePicture(look, maker.make(panel, tick).values, width, height), of: [look, panel, width, height], alike: hasSameElements, write: writeGauge },
  );
  const { cells, dials } = picture;
  if (dials.length === 0) return <NoValue panel={panel} data={newest} />;
  return (
    <div ref={host} className="cells" style={{ gridTemplateColumns: `repeat(${cells.columns}, minmax(0, 1fr))`, gridAutoRows: `${cells.height}px` }}>
      {dials.map((dial) => (
        <ValueLinks key={dial.shown.key} shown={dial.shown} scope={scope}>
          <DialElements dial={dial} width={cells.width} named={dials.length > 1} />
        </ValueLinks>
      ))}
    </div>
  );
}

function DialElements({ dial, width, named }: { dial: Dial; width: number; named: boolean }) {
  const { title } = dial.shown;
  return (
    <div className="gauge-cell">
      <svg width={width} height={dial.room} role="meter" aria-label={title} aria-valuemin={dial.low} aria-valuemax={dial.high}>
        <path d={dial.ring} fill="none" stroke="var(--line)" strokeWidth={dial.thick} />
        <path data-part="filled" fill="none" strokeWidth={dial.thick} />
        {dial.marks.map(({ path, color }, i) => (
          <path key={i} d={path} fill="none" stroke={color} strokeWidth={3} />
        ))}
        {dial.labels.map(({ x, y, text }, i) => (
          <text key={i} x={x} y={y} fontSize={10} fill="var(--dim)" textAnchor="middle">
            {text}
          </text>
        ))}
        <text x={dial.cx} textAnchor="middle" fontWeight={650} data-name={title} className="num">
          <tspan data-part="number" />
          <tspan data-part="suffix" fontWeight={500} />
        </text>
      </svg>
      {named && <span className="cut dim">{title}</span>}
    </div>
  );
}

function writeGauge(host: HTMLElement, { dials }: GaugePicture): void {
  host.querySelectorAll<HTMLElement>(".gauge-cell").forEach((element, i) => {
    const dial = dials[i];
    if (dial !== undefined) writeDial(element, dial);
  });
}

function writeDial(element: HTMLElement, { shown, filled, cy, size, color }: Dial): void {
  const { display, title, value } = shown;
  writeAttribute(element, "title", `${title}: ${display.text}`);
  writeAttribute(element.firstElementChild, "aria-valuenow", Number.isFinite(value) ? value : undefined);
  const ring = element.querySelector('[data-part="filled"]');
  writeAttribute(ring, "d", filled === "" ? undefined : filled);
  writeAttribute(ring, "stroke", display.color);
  const text = element.querySelector("[data-name]")!;
  writeAttribute(text, "data-value", value);
  writeAttribute(text, "y", cy + size * 0.34);
  writeAttribute(text, "font-size", size);
  writeAttribute(text, "fill", color);
  const [number, suffix] = text.children;
  writeText(number, display.prefix + display.number);
  writeText(suffix, display.suffix);
  writeAttribute(suffix, "font-size", size * 0.6);
}
