// The legend of a graph: a name and, where the board asks, reduced values for each series.
import { classes } from "../../parts/parts";
import { reduce, reducerLabel } from "../../dashboard/field/reducers";
import type { Drawn } from "./picture";

export type LegendItem = Pick<Drawn, "name" | "color" | "display" | "hidden" | "ghost"> & { values: ArrayLike<number> };

export interface LegendProps {
  series: readonly LegendItem[];
  calcs: readonly string[];
  table: boolean;
  side: boolean;
  hidden: ReadonlySet<string>;
  onToggle: (name: string, more: boolean) => void;
  version: number;
}

const SHOWN_MAX = 200;

export function Legend({ series, calcs, table, side, hidden, onToggle }: LegendProps) {
  const listed = series.filter((s) => !s.hidden.legend && !s.ghost);
  const shown = listed.slice(0, SHOWN_MAX);
  const rest = listed.length - shown.length;
  if (table)
    return (
      <div className={classes("graph-legend table-legend", side && "side")}>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {calcs.map((calc) => (
                <th key={calc} scope="col" className="number">
                  {reducerLabel(calc)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((one, i) => (
              <tr key={`${one.name}${i}`} className={hidden.has(one.name) ? "faded" : undefined} data-series={one.name}>
                <td>
                  <Name one={one} onToggle={onToggle} />
                </td>
                {calcs.map((calc) => (
                  <Value key={calc} one={one} calc={calc} cell />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rest > 0 && <span className="dim">+ {rest}</span>}
      </div>
    );
  return (
    <div className={classes("graph-legend", side && "side")}>
      {shown.map((one, i) => (
        <span key={`${one.name}${i}`} className={classes("item", hidden.has(one.name) && "faded")} data-series={one.name} data-value={reduce(one.values, "lastNotNull")}>
          <Name one={one} onToggle={onToggle} />
          {calcs.map((calc) => (
            <Value key={calc} one={one} calc={calc} cell={false} />
          ))}
        </span>
      ))}
      {rest > 0 && <span className="dim">+ {rest}</span>}
    </div>
  );
}

function Name({ one, onToggle }: { one: LegendItem; onToggle: (name: string, more: boolean) => void }) {
  return (
    <button type="button" className="name" title={one.name} onClick={(event) => onToggle(one.name, event.ctrlKey || event.metaKey || event.shiftKey)}>
      <i style={{ background: one.color }} />
      <span className="cut">{one.name}</span>
    </button>
  );
}

function Value({ one, calc, cell }: { one: LegendItem; calc: string; cell: boolean }) {
  const value = reduce(one.values, calc);
  const text = one.display(value).text;
  return cell ? (
    <td className="number" data-calc={calc} data-value={value}>
      {text}
    </td>
  ) : (
    <b data-calc={calc} data-value={value} title={reducerLabel(calc)}>
      {text}
    </b>
  );
}
