// Table panel: only the rows in sight are in the document.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Fragment, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { catalogue } from "../../text/catalogue";
import { flagOf, textOf } from "../../dashboard/model/json";
import type { DataFrame } from "../../dashboard/data/frame";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import type { Scope } from "../../dashboard/model/scope";
import { applyConfig } from "../../dashboard/field/overrides";
import type { Panel } from "../../dashboard/model/board";
import { Icon } from "../../parts/icons";
import { NoValue } from "../no_value";
import type { BoardView, PanelViewProps } from "../panel_view";
import { Cell, Row } from "./cell";
import { useOpenedRows } from "./opened_rows";
import { initialSort, rowOrder, tableOf, type Sort } from "./table_model";

const t = catalogue(
  { filter: "Filter rows", rows: "{n} of {all}", open: "Show the {n} {n|row|rows} inside", close: "Hide the rows inside", inside: "{n} {n|row|rows} inside", openAll: "Show all rows inside", closeAll: "Hide all rows inside", frame: "Frame" },
  { de: { filter: "Zeilen filtern", rows: "{n} von {all}", open: "{n} {n|Zeile|Zeilen} darin zeigen", close: "Zeilen darin verbergen", inside: "{n} {n|Zeile|Zeilen} darin", openAll: "Alle inneren Zeilen zeigen", closeAll: "Alle inneren Zeilen verbergen", frame: "Tabelle" } },
);
const ROW = 26;
const HIGHER = new Map([["md", 36], ["lg", 64]]); // by the board's words
const WHOLE_MAX = 1000; // rows of a file beyond those in sight
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
  const rowHeight = HIGHER.get(textOf(panel.options.cellHeight)) ?? ROW;
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
    estimateSize: (i) => rowHeight + innerHeight(rows[i]!),
    ...(nested === undefined ? {} : { getItemKey: keyOf }),
    overscan: board.whole === true ? WHOLE_MAX : 8,
  });
  // Rows without others inside are all of one height.
  useLayoutEffect(() => virtual.measure(), [opened.open, nested && rows, rowHeight]);
  if (model.columns.length === 0) return <NoValue panel={panel} data={data} />;
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0);
  const footer = model.columns.some((c) => c.footer !== undefined);
  const pick = (name: string) => setSort((old) => (old?.column !== name ? { column: name, down: true } : old.down ? { column: name, down: false } : undefined));
  const tools = model.length > 15 || model.frames.length > 0;
  return (
    <div className={rowHeight > ROW ? "table-panel high" : "table-panel"} style={{ height, "--cell": `${rowHeight - 6}px` } as React.CSSProperties}>
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
                <Row grounds={model.grounds} row={rows[item.index]!} height={rowHeight}>
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
                </Row>
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
            <Row key={row} grounds={model.grounds} row={row} height={ROW}>
              {model.columns.map((column) => (
                <Cell key={column.name} column={column} source={model.source} row={row} interval={interval} scope={scope} theme={theme} />
              ))}
            </Row>
          ))}
        </tbody>
      </table>
    </div>
  );
}
