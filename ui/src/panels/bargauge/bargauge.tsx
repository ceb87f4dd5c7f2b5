// Bars against a scale, lying or standing.
import { useMemo } from "react";
import { classes } from "../../parts/parts";
import type { PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { useShownMaker } from "../shown";
import { NameLink } from "../value_links";
import { useWritten, writeAttribute, writeText } from "../written";
import { barLook, barPicture, hasSameElements, type BarPicture } from "./bar_picture";

export default function BarGauge({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const maker = useShownMaker();
  const look = useMemo(() => barLook(panel, board.theme), [panel, board.theme]);
  const { picture, newest, host } = useWritten(
    { source, data, board },
    { make: (tick) => barPicture(look, maker.make(panel, tick).values, width, height), of: [look, panel, width, height], alike: hasSameElements, write: writeBars },
  );
  const { lying, named, bars } = picture;
  if (bars.length === 0) return <NoValue panel={panel} data={newest} />;
  const { written, least, most } = look;
  const above = lying && look.placement === "top";
  return (
    <div ref={host} className={classes("bars", lying ? "lying" : "standing", above && "named-above", written === "hidden" && "unwritten")} style={lying ? { gridAutoRows: above ? "auto" : `minmax(${Math.max(least, Math.min(most, height / bars.length - 4))}px, auto)` } : { height }}>
      {bars.map(({ shown }) => (
        <div key={shown.key} className="bar-row">
          {named ? <NameLink shown={shown} scope={scope} className="cut bar-name" /> : lying && <span />}
          <span className="bar-track" style={look.track ? undefined : { background: "none" }}>
            <i />
          </span>
          <b className={written === "hidden" ? "unseen" : "num bar-value"} data-name={shown.title} />
        </div>
      ))}
    </div>
  );
}

function writeBars(host: HTMLElement, { bars, lying }: BarPicture): void {
  host.querySelectorAll<HTMLElement>(".bar-row").forEach((row, i) => {
    const bar = bars[i];
    if (bar === undefined) return;
    const { shown, size, paint, color } = bar;
    writeAttribute(row, "title", `${shown.title}: ${shown.display.text}`);
    const filled = row.querySelector<HTMLElement>(".bar-track > i")!;
    [filled.style.width, filled.style.height, filled.style.background] = lying ? [size, "", paint] : ["", size, paint];
    const text = row.querySelector<HTMLElement>("[data-name]")!;
    text.style.color = color;
    writeAttribute(text, "data-value", shown.value);
    writeText(text, shown.display.text);
  });
}
