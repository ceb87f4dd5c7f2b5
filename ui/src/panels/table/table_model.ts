// A table panel as columns and rows: hidden columns left out, widths and alignments read, cells coloured.
import type { Panel } from "../../dashboard/model/board";
import { flagOf, numberOf, objectOf, objectsOf, textOf, textsOf } from "../../dashboard/model/json";
import { cellKindOf, type CellKind } from "../../dashboard/model/table_cells";
import { cssColor, opacityOf } from "../../dashboard/field/colors";
import { displayerOf, isHiddenFrom, type Display, type Displayer } from "../../dashboard/field/display";
import { cellConfig } from "../../dashboard/field/row_texts";
import { displayNameOf, numberAt, numbersOf, type DataFrame, type Field, type NestedRows } from "../../dashboard/data/frame";
import { isTrend, type Trend } from "../../dashboard/data/transform_shapes";
import { compareCells } from "../../dashboard/data/transform_rows";
import { reduce, reducerLabel } from "../../dashboard/field/reducers";

export interface Column {
  name: string;
  field: Field;
  display: Displayer;
  numeric: boolean;
  width: number | undefined;
  align: "left" | "right" | "center";
  cell: CellKind;
  alt: string; // of its pictures
  title: string;
  fixed: string | undefined; // the colour of all its pills
  low: number;
  high: number;
  footer?: { text: string; value: number };
}

export interface TableModel {
  columns: Column[];
  /** Those, hidden ones among them, that give their ground to the whole row. */
  grounds: Column[];
  length: number;
  /** What it is made of, hidden columns included. */
  source?: { frame: DataFrame; frames: readonly DataFrame[] };
  frames: string[]; // names, when there are several to choose from
  /** The rows inside each row, where they are groups. */
  nested?: readonly NestedRows[];
}

// Frames that are not a table become one: series become rows of name and last value.
export function tableOf(panel: Panel, frames: readonly DataFrame[]): TableModel {
  const chosen = numberOf(panel.options.frameIndex, 0);
  const frame = frames[Math.min(frames.length - 1, Math.max(0, chosen))];
  if (frame === undefined) return { columns: [], grounds: [], length: 0, frames: [] };
  const footer = objectOf(panel.options.footer);
  const calc = flagOf(footer.show) ? (textOf(objectOf({ r: Array.isArray(footer.reducer) ? footer.reducer[0] : footer.reducer }).r) || "sum") : undefined;
  const only = textsOf(footer.fields);
  const columns = frame.fields
    .filter((field) => !flagOf(objectOf(field.config.custom).hidden) && !isHiddenFrom(field.config, "viz"))
    .map((field, i): Column => {
      const name = displayNameOf(field, frame, frames);
      const chosen = only.length === 0 || only.includes(name) || only.includes(field.name);
      return columnOf(field, name, i === 0 ? calc : undefined, chosen ? calc : undefined);
    });
  const grounds = frame.fields.filter(isGround).map((field) => columnOf(field, displayNameOf(field, frame, frames), undefined, undefined));
  // "Count rows" asks for their number alone.
  if (calc === "count" && flagOf(footer.countRows)) columns.forEach((column, i) => (i === 0 ? (column.footer = { text: `${reducerLabel("count")} ${frame.length}`, value: frame.length }) : delete column.footer));
  return { columns, grounds, length: frame.length, source: { frame, frames }, frames: frames.length > 1 ? frames.map((f, i) => f.name || f.refId || String(i)) : [], ...(frame.nested === undefined ? {} : { nested: frame.nested }) };
}

function isGround({ config }: Field): boolean {
  const { type, applyToRow } = objectOf(objectOf(config.custom).cellOptions);
  return flagOf(applyToRow) && cellKindOf(textOf(type)) === "color-background";
}

// Of texts alone, as there.
const OF_TEXTS: ReadonlySet<CellKind> = new Set(["pill", "markdown", "image"]);

function columnOf(field: Field, name: string, label: string | undefined, calc: string | undefined): Column {
  const custom = objectOf(field.config.custom);
  const options = objectOf(custom.cellOptions);
  const kind = textOf(options.type) || textOf(custom.displayMode);
  const asked = cellKindOf(kind) ?? "auto";
  const cell = OF_TEXTS.has(asked) && (field.type === "number" || field.type === "time") ? "auto" : asked;
  const color = objectOf(field.config.color);
  const numeric = field.type === "number";
  const trend = field.type === "other" && Array.from({ length: field.values.length }, (_, row) => field.values[row]).some(isTrend);
  const numbers = numeric ? numbersOf(field) : new Float64Array(0);
  const low = numberOf(field.config.min) ?? Math.min(0, reduce(numbers, "min") || 0);
  const high = numberOf(field.config.max) ?? (reduce(numbers, "max") || 0);
  const align = textOf(custom.align, "auto");
  const column: Column = {
    name,
    field,
    display: displayerOf(cellConfig(field), { low, high }),
    numeric,
    width: numberOf(custom.width),
    align: align === "left" || align === "right" || align === "center" ? align : numeric || trend ? "right" : "left",
    cell: trend ? "sparkline" : cell,
    alt: textOf(options.alt) || textOf(options.title) || name,
    title: textOf(options.title),
    fixed: color.mode === "fixed" ? cssColor(textOf(color.fixedColor)) : undefined,
    low,
    high,
  };
  if (calc !== undefined && numeric) {
    const value = reduce(numbers, calc);
    column.footer = { text: column.display(value).text, value };
  } else if (label !== undefined) column.footer = { text: reducerLabel(label), value: NaN };
  return column;
}

export interface Sort {
  column: string;
  down: boolean;
}

export function initialSort(panel: Panel): Sort | undefined {
  const rule = objectsOf(panel.options.sortBy)[0];
  return rule === undefined ? undefined : { column: textOf(rule.displayName), down: flagOf(rule.desc) };
}

export function rowOrder(model: TableModel, sort: Sort | undefined, filter: string): number[] {
  let rows = Array.from({ length: model.length }, (_, row) => row);
  const words = filter.toLowerCase().split(/\s+/).filter((w) => w !== "");
  if (words.length > 0) rows = rows.filter((row) => words.every((word) => model.columns.some((column) => cellText(column, row).toLowerCase().includes(word))));
  const by = sort === undefined ? undefined : model.columns.find((column) => column.name === sort.column);
  if (by !== undefined) {
    const field = by.cell === "sparkline" ? { ...by.field, type: "number" as const, values: Array.from({ length: model.length }, (_, row) => trendAt(by.field, row)?.value) } : by.field;
    rows.sort((a, b) => (sort!.down ? -1 : 1) * compareCells(field, a, b));
  }
  return rows;
}

export function trendAt(field: Field, row: number): Trend | undefined {
  const value = field.values[row];
  return isTrend(value) ? value : undefined;
}

export function cellText(column: Column, row: number): string {
  return cellDisplay(column, row).text;
}

export function cellDisplay(column: Column, row: number): Display {
  const { field } = column;
  if (column.cell === "sparkline") return column.display(trendAt(field, row)?.value ?? NaN);
  const value = field.values[row];
  if (field.type === "number" || field.type === "time") return column.display(numberAt(field, row));
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return column.display(NaN, text);
}

/** Unrounded, as tests and links have it. */
export function cellRaw({ cell, field }: Column, row: number): string | number {
  if (cell === "sparkline") return trendAt(field, row)?.value ?? "";
  if (field.type === "number" || field.type === "time") return numberAt(field, row);
  const given = field.values[row];
  return given === null || given === undefined ? "" : String(given);
}

/** As it is shown, and whether a mapping or threshold gave it a colour to be seen. */
export function judgedCell(column: Column, row: number): Display {
  const shown = cellDisplay(column, row);
  if (column.numeric || column.cell === "sparkline") return { ...shown, judged: isJudged(shown) };
  const { color, judged } = judgedText(column, String(cellRaw(column, row)));
  return { ...shown, color, judged };
}

/** The same of a text. */
export function judgedText(column: Column, text: string): Display {
  const display = column.display(NaN, text);
  return { ...display, judged: isJudged(display) };
}

// What there is no value of, and a text that no mapping has, is dim, whatever the thresholds are.
function isJudged({ judged, color }: Display): boolean {
  return judged && color !== "var(--dim)" && opacityOf(color) > 0;
}

const PILLS_MAX = 20;
const PILLS_TEXT_MAX = 10_000; // characters

/** A list, its text as JSON has it, or parts between commas; `more` are there than are shown. */
export function pillsOf(value: unknown): { shown: string[]; more: number } {
  const list = listOf(typeof value === "string" ? value.slice(0, PILLS_TEXT_MAX) : value);
  const parts = (list ?? String(value ?? "").slice(0, PILLS_TEXT_MAX).split(",")).filter((part) => typeof part === "object" ? part !== null : String(part ?? "").trim() !== "");
  return { shown: parts.slice(0, PILLS_MAX).map((part) => pillText(part)), more: Math.max(0, parts.length - PILLS_MAX) };
}

function listOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || !value.trimStart().startsWith("[")) return undefined;
  try {
    const read: unknown = JSON.parse(value);
    return Array.isArray(read) ? read : undefined;
  } catch {
    return undefined; // parts between commas, then
  }
}

function pillText(part: unknown): string {
  if (typeof part !== "object" || part === null) return String(part).trim();
  try {
    return JSON.stringify(part);
  } catch {
    return "…"; // nested too deeply
  }
}

// CSV as in RFC 4180, with the values as they are, not as they are shown.
export function tableCsv(columns: readonly { name: string; values: ArrayLike<unknown>; time: boolean }[], length: number): string {
  const quote = (value: unknown) => {
    const text = value === null || value === undefined || (typeof value === "number" && Number.isNaN(value)) ? "" : String(value);
    // A cell that a spreadsheet would run as a formula is kept a text.
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const lines = [columns.map((c) => quote(c.name)).join(",")];
  for (let row = 0; row < length; row++)
    lines.push(columns.map((c) => quote(c.time && Number.isFinite(Number(c.values[row])) ? new Date(Number(c.values[row])).toISOString() : c.values[row])).join(","));
  return lines.join("\r\n") + "\r\n";
}
