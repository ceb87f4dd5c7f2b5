// A plot with its legend beside or below it, as the panel's options ask.
import type { ReactNode } from "react";
import type { Panel } from "../../dashboard/model/board";
import type { ShownLink } from "../links";
import { Legend, type LegendItem } from "../timeseries/legend";
import { legendRoom } from "../timeseries/legend_room";
import { TipLinks } from "../value_links";

export interface ChartFrameProps {
  panel: Panel;
  items: readonly LegendItem[];
  width: number;
  height: number;
  hidden: ReadonlySet<string>;
  onToggle: (name: string, more: boolean) => void;
  children: (width: number, height: number) => ReactNode;
}

export function ChartFrame({ panel, items, width, height, hidden, onToggle, children }: ChartFrameProps) {
  const { shown, side, table, calcs, sort, box, plot } = legendRoom(panel, items, width, height);
  return (
    <div className={side ? "graph side" : "graph"}>
      <div className="plot" style={plot}>
        {children(plot.width, plot.height)}
      </div>
      {shown && (
        <div style={box} className="graph-legend-box">
          <Legend series={items} calcs={calcs} table={table} side={side} hidden={hidden} onToggle={onToggle} sort={sort} />
        </div>
      )}
    </div>
  );
}

export interface TipLine {
  color: string;
  name: string;
  text: string;
  near?: boolean;
}

interface TipProps {
  left: number;
  top: number;
  width: number;
  height: number;
  head: string;
  lines: readonly TipLine[];
  /** Of what a kept tip tells of. */
  links?: readonly ShownLink[] | undefined;
}

export function Tip({ left, top, width, height, head, lines, links }: TipProps) {
  const most = 14;
  const x = left > width / 2 ? { right: width - left + 12, left: "auto" } : { left: left + 12 };
  return (
    <div className="plot-tip" style={{ ...x, top: Math.max(0, Math.min(top, height - 28 - Math.min(lines.length, most) * 17)) }}>
      {head !== "" && <div className="dim num">{head}</div>}
      {lines.slice(0, most).map((line, i) => (
        <div key={i} className={line.near === true ? "tip-row near" : "tip-row"}>
          <i style={{ background: line.color }} />
          <span className="cut grow">{line.name}</span>
          <b className="num">{line.text}</b>
        </div>
      ))}
      {lines.length > most && <div className="dim">+ {lines.length - most}</div>}
      {links !== undefined && <TipLinks links={links} />}
    </div>
  );
}
