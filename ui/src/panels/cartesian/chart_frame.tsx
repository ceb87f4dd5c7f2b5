// A plot with its legend beside or below it, as the panel's options ask.
import { useState, type ReactNode } from "react";
import { flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import type { ShownLink } from "../links";
import { Legend, legendSort, type LegendItem } from "../timeseries/legend";
import { TipLinks } from "../value_links";

const ROW = 20;

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
  const legend = objectOf(panel.options.legend);
  const listed = items.filter((item) => !item.hidden.legend && !item.ghost);
  const shown = flagOf(legend.showLegend, true) && textOf(legend.displayMode) !== "hidden" && listed.length > 0;
  const table = legend.displayMode === "table";
  const side = legend.placement === "right" && width > 320;
  const calcs = textsOf(legend.calcs);
  const legendWidth = side && shown ? Math.min(width * 0.42, table ? 140 + calcs.length * 66 : 180) : 0;
  const wanted = table ? ROW * (listed.length + 1) : ROW * rowsOf(listed.map((item) => item.name), calcs.length, width);
  const legendHeight = !side && shown ? Math.min(Math.max(ROW, Math.floor((height * 0.38) / ROW) * ROW), wanted) : 0;
  const plotWidth = Math.max(60, Math.floor(width - legendWidth));
  const plotHeight = Math.max(40, Math.floor(height - legendHeight));
  return (
    <div className={side ? "graph side" : "graph"}>
      <div className="plot" style={{ width: plotWidth, height: plotHeight }}>
        {children(plotWidth, plotHeight)}
      </div>
      {shown && (
        <div style={side ? { width: legendWidth, maxHeight: height } : { height: legendHeight }} className="graph-legend-box">
          <Legend series={items} calcs={calcs} table={table} side={side} hidden={hidden} onToggle={onToggle} sort={legendSort(legend, calcs)} />
        </div>
      )}
    </div>
  );
}

// How many lines a list takes, near enough that the plot does not jump when it is there.
function rowsOf(names: readonly string[], calcs: number, width: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names.slice(0, 60)) {
    const size = Math.min(280, 26 + name.length * 6.2 + calcs * 56);
    if (used > 0 && used + size > width) {
      rows++;
      used = 0;
    }
    used += size;
  }
  return rows;
}

// What a click in a legend does: alone, all again, or one on and off with a key held.
export function useHidden(names: readonly string[]): [ReadonlySet<string>, (name: string, more: boolean) => void] {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const toggle = (name: string, more: boolean) =>
    setHidden((old) => {
      if (more) {
        const next = new Set(old);
        if (!next.delete(name)) next.add(name);
        return next;
      }
      const alone = names.every((n) => n === name || old.has(n)) && !old.has(name);
      return alone ? new Set() : new Set(names.filter((n) => n !== name));
    });
  return [hidden, toggle];
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
