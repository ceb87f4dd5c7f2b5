// The legend of a graph: a name and, where the board asks, reduced values for each series. A table is sorted as the
// board says, or by the column that was clicked.
import { useImperativeHandle, useLayoutEffect, useReducer, useRef, useState, type Ref } from "react";
import { flagOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { classes } from "../../parts/parts";
import { reduce, reducerColumn, reducerLabel } from "../../dashboard/field/reducers";
import type { Drawn } from "./picture";

export type LegendItem = Pick<Drawn, "name" | "color" | "display" | "hidden" | "ghost"> & { values: ArrayLike<number> };

export interface LegendProps {
  series: readonly LegendItem[];
  calcs: readonly string[];
  table: boolean;
  side: boolean;
  hidden: ReadonlySet<string>;
  onToggle: (name: string, more: boolean) => void;
  /** Of a table, as the board has it. */
  sort?: LegendSort | undefined;
  /** For who writes values of the same series between renderings. */
  values?: Ref<LegendValues>;
}

export interface LegendValues {
  write: (series: readonly LegendItem[]) => void;
}

export interface LegendSort {
  calc: string; // "" for the name
  down: boolean;
}

interface Cell {
  element: HTMLElement;
  calc: string; // "" of a row that tells its last value only
  index: number; // of its row
  value: number | undefined; // what was written last
  text: string;
}

// Boards name the column as Grafana heads it: "Max", "Last *", "Name".
export function legendSort(legend: JsonObject, calcs: readonly string[]): LegendSort | undefined {
  const wanted = textOf(legend.sortBy).replace(/ \*$/, "");
  if (wanted === "Name") return { calc: "", down: flagOf(legend.sortDesc) };
  const calc = calcs.find((one) => reducerLabel(one) === wanted || reducerColumn(one) === legend.sortBy);
  return calc === undefined ? undefined : { calc, down: flagOf(legend.sortDesc) };
}

// Stable, and what has no value comes last either way.
export function sortedItems<Item extends LegendItem>(items: readonly Item[], sort: LegendSort | undefined): readonly Item[] {
  if (sort === undefined) return items;
  const sign = sort.down ? -1 : 1;
  if (sort.calc === "") return [...items].sort((a, b) => sign * a.name.localeCompare(b.name, "en", { numeric: true }));
  const keyed = items.map((item) => ({ item, value: reduce(item.values, sort.calc) }));
  keyed.sort((a, b) => (Number.isNaN(a.value) || Number.isNaN(b.value) ? Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)) : sign * (a.value - b.value)));
  return keyed.map(({ item }) => item);
}

const SHOWN_MAX = 200;

// Values are written past React: they change each second, names and rows do not, unless a table's order does.
export function Legend({ series, calcs, table, side, hidden, onToggle, sort, values }: LegendProps) {
  const [clicked, setClicked] = useState<LegendSort | "none" | undefined>();
  const [, reorder] = useReducer((n: number) => n + 1, 0);
  const chosen = clicked !== undefined && clicked !== "none" && clicked.calc !== "" && !calcs.includes(clicked.calc) ? undefined : clicked; // its column may have gone
  const order = chosen === "none" ? undefined : (chosen ?? sort);
  // What was written since may be newer than what React was given.
  const newest = useRef({ given: series, series });
  if (newest.current.given !== series) newest.current = { given: series, series };
  const listed = listedOf(newest.current.series);
  const shown = (table ? sortedItems(listed, order) : listed).slice(0, SHOWN_MAX);
  const host = useRef<HTMLDivElement>(null);
  const cells = useRef<Cell[]>([]);
  useLayoutEffect(() => {
    cells.current = cellsOf(host.current!);
    writeCells(cells.current, shown);
  });
  const rows = shown.map((one) => listed.indexOf(one));
  const write = useRef((_next: readonly LegendItem[]) => {});
  write.current = (next) => {
    newest.current.series = next;
    const all = listedOf(next);
    const inOrder = rows.map((row) => all[row]!);
    const moves = table && order !== undefined && order.calc !== "" && sortedItems(all, order).slice(0, SHOWN_MAX).some((one, i) => one !== inOrder[i]);
    if (moves) reorder();
    else writeCells(cells.current, inOrder);
  };
  useImperativeHandle(values, () => ({ write: (next) => write.current(next) }), []);
  const rest = listed.length - shown.length;
  // Once down, once up, then the order of the series again.
  const head = (calc: string, text: string, className?: string) => (
    <th key={calc} scope="col" className={className} aria-sort={order?.calc !== calc ? undefined : order.down ? "descending" : "ascending"}>
      <button type="button" onClick={() => setClicked(order?.calc !== calc ? { calc, down: calc !== "" } : order.down === (calc !== "") ? { calc, down: !order.down } : "none")}>
        {text}
        {order?.calc === calc ? (order.down ? " ↓" : " ↑") : ""}
      </button>
    </th>
  );
  if (table)
    return (
      <div ref={host} className={classes("graph-legend table-legend", side && "side")}>
        <table>
          <thead>
            <tr>
              {head("", "Name")}
              {calcs.map((calc) => head(calc, reducerLabel(calc), "number"))}
            </tr>
          </thead>
          <tbody>
            {shown.map((one, i) => (
              <tr key={`${one.name}${rows[i]}`} className={hidden.has(one.name) ? "faded" : undefined} data-series={one.name}>
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
          {calcs.length > 0 && (
            <span className="values">
              {calcs.map((calc) => (
                <b key={calc} data-calc={calc} title={reducerLabel(calc)} />
              ))}
            </span>
          )}
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
