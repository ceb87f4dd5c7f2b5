// The legend of a graph: a name and, where the board asks, reduced values for each series.
import { useImperativeHandle, useLayoutEffect, useRef, type Ref } from "react";
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
  /** For who writes values of the same series between renderings. */
  values?: Ref<LegendValues>;
}

export interface LegendValues {
  write: (series: readonly LegendItem[]) => void;
}

interface Cell {
  element: HTMLElement;
  calc: string; // "" of a row that tells its last value only
  index: number; // of its series among those that are shown
  value: number | undefined; // what was written last
  text: string;
}

const SHOWN_MAX = 200;

// Values are written past React: they change each second, names and rows do not.
export function Legend({ series, calcs, table, side, hidden, onToggle, values }: LegendProps) {
  const listed = listedOf(series);
  const shown = listed.slice(0, SHOWN_MAX);
  const host = useRef<HTMLDivElement>(null);
  const cells = useRef<Cell[]>([]);
  useLayoutEffect(() => {
    cells.current = cellsOf(host.current!);
    writeCells(cells.current, shown);
  });
  useImperativeHandle(values, () => ({ write: (next) => writeCells(cells.current, listedOf(next)) }), []);
  const rest = listed.length - shown.length;
  if (table)
    return (
      <div ref={host} className={classes("graph-legend table-legend", side && "side")}>
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
                  <td key={calc} className="number" data-calc={calc} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rest > 0 && <span className="dim">+ {rest}</span>}
      </div>
    );
  return (
    <div ref={host} className={classes("graph-legend", side && "side")}>
      {shown.map((one, i) => (
        <span key={`${one.name}${i}`} className={classes("item", hidden.has(one.name) && "faded")} data-series={one.name} data-calc="">
          <Name one={one} onToggle={onToggle} />
          {calcs.map((calc) => (
            <b key={calc} data-calc={calc} title={reducerLabel(calc)} />
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

function listedOf(series: readonly LegendItem[]): LegendItem[] {
  return series.filter((s) => !s.hidden.legend && !s.ghost);
}

function cellsOf(host: HTMLElement): Cell[] {
  const out: Cell[] = [];
  host.querySelectorAll<HTMLElement>("[data-series]").forEach((row, index) => {
    const elements = [...row.querySelectorAll<HTMLElement>("[data-calc]")];
    if (row.dataset.calc !== undefined) elements.unshift(row);
    for (const element of elements) out.push({ element, calc: element.dataset.calc!, index, value: undefined, text: "" });
  });
  return out;
}

function writeCells(cells: readonly Cell[], series: readonly LegendItem[]): void {
  for (const cell of cells) {
    const one = series[cell.index];
    if (one === undefined) continue;
    const value = reduce(one.values, cell.calc === "" ? "lastNotNull" : cell.calc);
    if (Object.is(value, cell.value)) continue;
    cell.value = value;
    cell.element.setAttribute("data-value", String(value));
    if (cell.calc === "") continue;
    const { text } = one.display(value);
    if (text === cell.text && cell.element.firstChild !== null) continue;
    cell.text = text;
    if (cell.element.firstChild === null) cell.element.textContent = text;
    else cell.element.firstChild.nodeValue = text;
  }
}
