// Where the legend of a graph or chart stands and what room it leaves to the plot; which series it has switched off.
import { useState } from "react";
import { flagOf, objectOf, textOf, textsOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import { legendSort, type LegendItem, type LegendSort } from "./legend";

const ROW = 20;
const NAME_LEAST = 96; // also in panels.css
const CALC_LEAST = 60;
const PLOT_LEAST = 220;

export interface LegendRoom {
  shown: boolean;
  table: boolean;
  side: boolean;
  calcs: readonly string[];
  sort: LegendSort | undefined;
  box: React.CSSProperties;
  plot: { width: number; height: number };
}

export function legendRoom({ options }: Panel, items: readonly Omit<LegendItem, "values">[], width: number, height: number): LegendRoom {
  const legend = objectOf(options.legend);
  const names = items.filter((item) => !item.hidden.legend && !item.ghost).map((item) => item.name);
  const shown = flagOf(legend.showLegend, true) && textOf(legend.displayMode) !== "hidden" && names.length > 0;
  const table = legend.displayMode === "table";
  const calcs = textsOf(legend.calcs);
  // Beside the plot a legend gets what names and values need, as long as it is not more than the half; where that leaves no
  // plot to speak of, as on a phone, it stands below.
  const least = table ? NAME_LEAST + calcs.length * CALC_LEAST : NAME_LEAST;
  const beside = Math.min(table ? 140 + calcs.length * 66 : 200, Math.max(width * 0.42, Math.min(least, width * 0.5)));
  const side = legend.placement === "right" && width - beside >= PLOT_LEAST;
  const aside = side && shown ? beside : 0;
  const wanted = ROW * (table ? names.length + 1 : rowsOf(names, calcs.length, width));
  const below = !side && shown ? Math.min(Math.max(ROW, Math.floor((height * 0.38) / ROW) * ROW), wanted) : 0;
  return {
    shown,
    table,
    side,
    calcs,
    sort: legendSort(legend, calcs),
    box: side ? { width: aside, maxHeight: height } : { height: below },
    plot: { width: Math.max(60, Math.floor(width - aside)), height: Math.max(40, Math.floor(height - below)) },
  };
}

// How many lines a list takes, near enough that the plot does not jump when it is there.
function rowsOf(names: readonly string[], calcs: number, width: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names.slice(0, 60)) {
    const size = Math.min(width, 26 + name.length * 6.2 + calcs * 56);
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
