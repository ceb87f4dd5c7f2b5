// Shares of a whole. A whole of nothing is an empty ring, with its legend and its zeros.
import { useMemo, useState } from "react";
import { isHiddenFrom } from "../../dashboard/field/display";
import type { PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { useShownMaker } from "../shown";
import { NameLink } from "../value_links";
import { useWritten, writeAttribute, writeText } from "../written";
import { hasSameElements, pieLook, piePicture, type PiePicture } from "./pie_picture";

export default function PieChart({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const maker = useShownMaker();
  const look = useMemo(() => pieLook(panel), [panel]);
  const { picture, newest, host } = useWritten(
    { source, data, board },
    { make: (tick) => piePicture(look, maker.make(panel, tick).values, width, height), of: [look, panel, width, height], alike: hasSameElements, write: writePie },
  );
  const [entered, setOver] = useState<string | undefined>();
  const { listed, slices, side, legendSize, size, r, hole } = picture;
  // A pointer does not leave what is taken away under it.
  const over = listed.some(({ shown }) => shown.key === entered) ? entered : undefined;
  if (listed.length === 0) return <NoValue panel={panel} data={newest} />;
  const hovers = (key: string) => ({ onMouseEnter: () => setOver(key), onMouseLeave: () => setOver(undefined) });
  return (
    <div ref={host} className={side ? "pie side" : "pie"}>
      <svg width={size} height={size} role="img" aria-label={panel.title || panel.type}>
        {slices.length === 0 && <EmptyRing centre={size / 2} r={r} hole={hole} />}
        {slices.map(({ of: { shown }, label }) => (
          <g key={shown.key} opacity={over === undefined || over === shown.key ? 1 : 0.35} {...hovers(shown.key)}>
            <path stroke="var(--panel)" strokeWidth={1.5} data-name={shown.title}>
              <title />
            </path>
            {label !== undefined && (
              <text textAnchor="middle" fontSize={11} pointerEvents="none">
                {label.texts.map((_, i) => (
                  <tspan key={i} dy={i === 0 ? 0 : 13} />
                ))}
              </text>
            )}
          </g>
        ))}
      </svg>
      {look.legend && (
        <ul className={look.flows && !side ? "pie-legend flow" : "pie-legend"} style={side ? { width: legendSize, maxHeight: height } : { maxHeight: legendSize }}>
          {listed.map(
            ({ shown }, i) =>
              !isHiddenFrom(shown.field.config, "legend") && (
                <li key={shown.key} {...hovers(shown.key)} className={over !== undefined && over !== shown.key ? "faded" : undefined} data-place={i}>
                  <i />
                  <NameLink shown={shown} scope={scope} className="cut grow" />
                  {look.columns.includes("value") && <b className="num" data-legend={shown.title} />}
                  {look.columns.includes("percent") && <b className="num" data-percent />}
                </li>
              ),
          )}
        </ul>
      )}
    </div>
  );
}

function EmptyRing({ centre, r, hole }: { centre: number; r: number; hole: number }) {
  const thick = r - Math.max(hole, r * 0.62);
  return <circle className="empty-ring" cx={centre} cy={centre} r={r - thick / 2} fill="none" stroke="var(--line)" strokeWidth={thick} />;
}

function writePie(host: HTMLElement, { listed, slices, total }: PiePicture): void {
  const svg = host.firstElementChild!;
  writeAttribute(svg, "data-total", total);
  svg.querySelectorAll("g").forEach((element, i) => {
    const slice = slices[i];
    if (slice === undefined) return;
    const { shown, color, percent } = slice.of;
    const path = element.querySelector("path")!;
    writeAttribute(path, "d", slice.path);
    writeAttribute(path, "fill", color);
    writeAttribute(path, "data-value", shown.value);
    writeText(path.firstElementChild, `${shown.title}: ${shown.display.text} · ${percent}`);
    const text = element.querySelector("text");
    const { label } = slice;
    if (text === null || label === undefined) return;
    writeAttribute(text, "x", label.x);
    writeAttribute(text, "y", label.y);
    writeAttribute(text, "fill", label.color);
    label.texts.forEach((line, i) => {
      writeAttribute(text.children[i], "x", label.x);
      writeText(text.children[i], line);
    });
  });
  host.querySelectorAll<HTMLElement>("li").forEach((element) => {
    const one = listed[Number(element.dataset.place)];
    if (one === undefined) return;
    element.querySelector("i")!.style.background = one.color;
    const value = element.querySelector("[data-legend]");
    writeAttribute(value, "data-value", one.shown.value);
    writeText(value, one.shown.display.text);
    const percent = element.querySelector("[data-percent]");
    writeAttribute(percent, "data-value", one.share);
    writeText(percent, one.percent);
  });
}
