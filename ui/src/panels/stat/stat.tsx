// Big numbers, with a sparkline of where they come from.
import { useMemo } from "react";
import { classes } from "../../parts/parts";
import type { PanelViewProps } from "../panel_view";
import { NoValue } from "../no_value";
import { useShownMaker } from "../shown";
import { ValueLinks } from "../value_links";
import { useWritten, writeAttribute, writeText } from "../written";
import { drawSparkline } from "./sparkline";
import { hasSameElements, statLook, statPicture, type StatCell, type StatPicture } from "./stat_picture";

export default function Stat({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const maker = useShownMaker();
  const look = useMemo(() => statLook(panel, board.theme), [panel, board.theme]);
  const { picture, newest, host } = useWritten(
    { source, data, board },
    { make: (tick) => statPicture(look, maker.make(panel, tick).values, tick, width, height), of: [look, panel, width, height], alike: hasSameElements, write: writeStat },
  );
  const { cells, list } = picture;
  if (list.length === 0) return <NoValue panel={panel} data={newest} />;
  // Numbers without names stand in the middle of their panel; below names, both begin where names do.
  const centred = panel.options.justifyMode === "center" || list.every((cell) => cell.name === "" || cell.only);
  return (
    <div ref={host} className="cells" style={{ gridTemplateColumns: `repeat(${cells.columns}, minmax(0, 1fr))`, gridAutoRows: `${cells.height}px` }}>
      {list.map((cell) => (
        <ValueLinks key={cell.shown.key} shown={cell.shown} scope={scope}>
          <Cell cell={cell} filled={look.filled} centred={centred} />
        </ValueLinks>
      ))}
    </div>
  );
}

function Cell({ cell, filled, centred }: { cell: StatCell; filled: boolean; centred: boolean }) {
  const { name, only, change, spark } = cell;
  const { display, title } = cell.shown;
  return (
    <div className={classes("stat-cell", filled && "filled", centred && "centred")}>
      {name !== "" && !only && <span className="cut stat-name">{name}</span>}
      <span className="stat-value num" data-name={title}>
        {only ? (
          name
        ) : (
          <>
            {display.prefix !== "" && <small data-part="prefix" />}
            <span data-part="number" />
            {display.suffix !== "" && <small data-part="suffix" />}
            {change !== undefined && <small className="stat-change" data-part="change" />}
          </>
        )}
      </span>
      {spark !== undefined && <canvas className="stat-spark" aria-hidden="true" />}
    </div>
  );
}

function writeStat(host: HTMLElement, { list }: StatPicture): void {
  host.querySelectorAll<HTMLElement>(".stat-cell").forEach((element, i) => {
    const cell = list[i];
    if (cell !== undefined) writeCell(element, cell);
  });
}

function writeCell(element: HTMLElement, { shown, color, ground, size, change, spark }: StatCell): void {
  const { display, title, value } = shown;
  writeAttribute(element, "title", `${title}: ${display.text}`);
  element.style.background = ground;
  element.style.color = ground === "" ? "" : color;
  const text = element.querySelector<HTMLElement>(".stat-value")!;
  writeAttribute(text, "data-value", value);
  text.style.color = color;
  text.style.fontSize = `${size}px`;
  for (const part of text.children) {
    const { part: name } = (part as HTMLElement).dataset;
    if (name === "prefix" || name === "number" || name === "suffix") writeText(part, display[name]);
    else if (change !== undefined) {
      writeText(part, change.text);
      writeAttribute(part, "data-change", change.share);
      (part as HTMLElement).style.color = change.color;
    }
  }
  const canvas = element.querySelector("canvas");
  if (canvas !== null && spark !== undefined) drawSparkline(canvas, spark);
}
