// Table panel: only the rows in sight are in the document.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Fragment, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Sparkline } from "../../charts/sparkline";
import { catalogue } from "../../text/catalogue";
import { readableOn, textOn } from "../../dashboard/field/colors";
import { flagOf } from "../../dashboard/model/json";
import { numberAt, type DataFrame } from "../../dashboard/data/frame";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import type { Scope } from "../../dashboard/model/scope";
import { applyConfig } from "../../dashboard/field/overrides";
import type { Panel } from "../../dashboard/model/board";
import { Icon } from "../../parts/icons";
import { dataLinks } from "../data_links";
import { NoValue } from "../no_value";
import type { BoardView, PanelViewProps } from "../panel_view";
import { useOpenedRows } from "./opened_rows";
import { cellDisplay, initialSort, rowOrder, tableOf, trendAt, type Column, type Sort, type TableModel } from "./table_model";

const t = catalogue(
  { filter: "Filter rows", rows: "{n} of {all}", open: "Show the {n} {n|row|rows} inside", close: "Hide the rows inside", inside: "{n} {n|row|rows} inside", openAll: "Show all rows inside", closeAll: "Hide all rows inside", frame: "Frame" },
  { de: { filter: "Zeilen filtern", rows: "{n} von {all}", open: "{n} {n|Zeile|Zeilen} darin zeigen", close: "Zeilen darin verbergen", inside: "{n} {n|Zeile|Zeilen} darin", openAll: "Alle inneren Zeilen zeigen", closeAll: "Alle inneren Zeilen verbergen", frame: "Tabelle" } },
);
const ROW = 26;
const INNER_ROWS = 12; // more are scrolled
const INNER_MAX = 1000; // rows of one group in the document

export default function Table({ panel, data, board, scope, height }: PanelViewProps) {
  const [frame, setFrame] = useState<number | undefined>();
  const prepared = useMemo(() => preparedFrames(panel, data), [panel, data]);
  const model = useMemo(
    () => tableOf(frame === undefined ? panel : { ...panel, options: { ...panel.options, frameIndex: frame } }, prepared.frames),
    [panel, prepared, frame],
  );
  const [sort, setSort] = useState<Sort | undefined>(() => initialSort(panel));
  const [filter, setFilter] = useState("");
  const rows = useMemo(() => rowOrder(model, sort, filter), [model, sort, filter]);
  const scroller = useRef<HTMLDivElement>(null);
  const { nested } = model;
  const opened = useOpenedRows(nested, rows);
  const innerHeight = (row: number) => (opened.isOpen(row) && nested !== undefined ? ROW * (Math.min(INNER_ROWS, nested[row]?.length ?? 0) + 1) + 10 : 0);
  // A group that moves takes along what is shown of it, as how far its rows are scrolled. Another function has all rows measured
  // again, so that it is the same while the rows are.
  const { keys } = opened;
  const keyOf = useCallback((i: number) => keys[rows[i]!] ?? i, [keys, rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => ROW + innerHeight(rows[i]!),
    ...(nested === undefined ? {} : { getItemKey: keyOf }),
    overscan: 8,
  });
  // Rows without others inside are all of one height.
  useLayoutEffect(() => virtual.measure(), [opened.open, nested && rows]);
  if (model.columns.length === 0) return <NoValue panel={panel} data={data} />;
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0);
  const footer = model.columns.some((c) => c.footer !== undefined);
  const pick = (name: string) => setSort((old) => (old?.column !== name ? { column: name, down: true } : old.down ? { column: name, down: false } : undefined));
  const tools = model.length > 15 || model.frames.length > 0;
  return (
    <div className="table-panel" style={{ height }}>
      {tools && (
        <div className="table-tools">
          {model.frames.length > 0 && (
            <select className="input small" aria-label={t("frame")} value={frame ?? Number(panel.options.frameIndex ?? 0)} onChange={(event) => setFrame(Number(event.target.value))}>
              {model.frames.map((name, i) => (
                <option key={i} value={i}>
                  {name}
                </option>
              ))}
            </select>
          )}
          <input className="input small grow" placeholder={t("filter")} aria-label={t("filter")} value={filter} onChange={(event) => setFilter(event.target.value)} />
          <span className="dim num">{t("rows", { n: rows.length, all: model.length })}</span>
        </div>
      )}
      <div className="table-body" ref={scroller} tabIndex={0} aria-label={panel.title || panel.type}>
        <table className="table data-table">
          {flagOf(panel.options.showHeader, true) && (
            <thead>
              <tr>
                {nested !== undefined && (
                  <th scope="col" className="fold">
                    <button type="button" aria-label={t(opened.anyOpen ? "closeAll" : "openAll")} aria-expanded={opened.anyOpen} onClick={opened.toggleAll}>
                      <Icon name={opened.anyOpen ? "down" : "right"} size={11} />
                    </button>
                  </th>
                )}
                {model.columns.map((column) => (
                  <th key={column.name} scope="col" style={{ textAlign: column.align, width: column.width }} aria-sort={sort?.column === column.name ? (sort.down ? "descending" : "ascending") : undefined}>
                    <button type="button" onClick={() => pick(column.name)}>
                      {column.name}
                      {sort?.column === column.name ? (sort.down ? " ↓" : " ↑") : ""}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {above > 0 && <tr style={{ height: above }} aria-hidden="true" />}
            {items.map((item) => (
              <Fragment key={item.key}>
                <tr style={{ height: ROW }}>
                  {nested !== undefined && (
                    <td className="fold">
                      <button type="button" aria-label={t(opened.isOpen(rows[item.index]!) ? "close" : "open", { n: nested[rows[item.index]!]?.length ?? 0 })} aria-expanded={opened.isOpen(rows[item.index]!)} onClick={() => opened.toggle(rows[item.index]!)}>
                        <Icon name={opened.isOpen(rows[item.index]!) ? "down" : "right"} size={11} />
                      </button>
                    </td>
                  )}
                  {model.columns.map((column) => (
                    <Cell key={column.name} column={column} source={model.source} row={rows[item.index]!} interval={data.interval} scope={scope} theme={board.theme} />
                  ))}
                </tr>
                {nested !== undefined && opened.isOpen(rows[item.index]!) && (
                  <tr className="inner" style={{ height: innerHeight(rows[item.index]!) }}>
                    <td />
                    <td colSpan={model.columns.length}>
                      <Inner panel={panel} frame={nested[rows[item.index]!]} height={innerHeight(rows[item.index]!) - 10} interval={data.interval} scope={scope} theme={board.theme} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
            {below > 0 && <tr style={{ height: below }} aria-hidden="true" />}
          </tbody>
          {footer && (
            <tfoot>
              <tr>
                {nested !== undefined && <td />}
                {model.columns.map((column) => (
                  <td key={column.name} style={{ textAlign: column.align }} data-value={column.footer?.value}>
                    {column.footer?.text}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
    </div>
  );
}

// The rows of one group, with the fields' own settings.
function Inner({ panel, frame, height, interval, scope, theme }: { panel: Panel; frame: DataFrame | undefined; height: number; interval: BoardView["interval"]; scope: Scope; theme: "dark" | "light" }) {
  const model = useMemo(() => tableOf({ ...panel, options: {} }, frame === undefined ? [] : applyConfig(panel.fieldConfig, [frame])), [panel, frame]);
  return (
    <div className="table-inner" style={{ height }} tabIndex={0} aria-label={t("inside", { n: model.length })}>
      <table className="table data-table">
        {flagOf(panel.options.showHeader, true) && (
          <thead>
            <tr>
              {model.columns.map((column) => (
                <th key={column.name} scope="col" style={{ textAlign: column.align, width: column.width }}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {Array.from({ length: Math.min(INNER_MAX, model.length) }, (_, row) => (
            <tr key={row} style={{ height: ROW }}>
              {model.columns.map((column) => (
                <Cell key={column.name} column={column} source={model.source} row={row} interval={interval} scope={scope} theme={theme} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  column: Column;
  source: TableModel["source"];
  row: number;
  interval: BoardView["interval"];
  scope: Scope;
  theme: "dark" | "light";
}

function Cell({ column, source, row, interval, scope, theme }: CellProps) {
  const { field } = column;
  const number = field.type === "number" || field.type === "time" ? numberAt(field, row) : NaN;
  const given = field.values[row];
  const trend = column.cell === "sparkline" ? trendAt(field, row) : undefined;
  const raw = trend !== undefined ? trend.value : column.numeric || field.type === "time" ? number : given === null || given === undefined ? "" : String(given);
  const { text, number: bare } = cellDisplay(column, row);
  const display = column.numeric ? column.display(number) : column.display(NaN, String(raw));
  const judged = display.judged && (column.numeric || display.text !== String(raw) || display.color !== "var(--dim)");
  const style: React.CSSProperties = { textAlign: column.align };
  if (column.cell === "color-background" && judged) Object.assign(style, { background: display.color, color: textOn(display.color) });
  else if (column.cell === "color-text" && judged) style.color = readableOn(display.color, theme);
  const link = dataLinks(field.config, scope, { name: column.name, labels: field.labels, value: raw, text, bare, ...(source === undefined ? {} : { row: { ...source, row } }) })[0];
  const share = column.high > column.low && !Number.isNaN(number) ? Math.min(1, Math.max(0, (number - column.low) / (column.high - column.low))) : 0;
  return (
    <td className={column.numeric ? "num cut" : "cut"} style={style} data-value={raw} title={text.length > 24 ? text : undefined}>
      {trend !== undefined ? (
        <span className="cell-trend">
          <span className="grow">
            <Sparkline times={trend.times} values={trend.values} everyStep={trend.everyStep} from={interval.from} to={interval.to} version={trend.values.length} height={18} color={display.judged ? column.display(trend.value).color : "var(--c0)"} label={column.name} />
          </span>
          <b>{text}</b>
        </span>
      ) : column.cell === "gauge" && column.numeric ? (
        <span className="cell-gauge">
          <span className="bar-track">
            <i style={{ width: `${share * 100}%`, background: display.color }} />
          </span>
          <b style={{ color: readableOn(display.color, theme) }}>{text}</b>
        </span>
      ) : link !== undefined ? (
        <a href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={link.title}>
          {text}
        </a>
      ) : (
        text
      )}
    </td>
  );
}
