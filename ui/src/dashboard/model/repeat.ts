// Panels and rows that repeat over the values of a variable.
import { GRID_COLUMNS, type Panel } from './board';
import { byPlace, panelsOfRow } from './layout';
import { numberOf } from './json';
import type { BoundVariable, Scope } from './scope';

// A panel as shown: where it stands, and which values its copy holds for itself.
export interface Placed {
  key: string; // stable between draws
  panel: Panel;
  own: BoundVariable[];
}

const COPIES_MAX = 100;
const PER_ROW_DEFAULT = 4;

function copiesOf(name: string | undefined, scope: Scope): BoundVariable[] | undefined {
  const variable = name === undefined ? undefined : scope.variables.get(name.replace(/^\$/, ''));
  if (variable === undefined || variable.values.length === 0) return undefined;
  return variable.values.slice(0, COPIES_MAX).map((value, index) => ({
    name: variable.name,
    kind: variable.kind,
    multi: variable.multi,
    values: [value],
    texts: [variable.texts.length === variable.values.length ? variable.texts[index]! : value],
  }));
}

/** `turned`: keys of copies of repeated rows that are open where the board has them closed, or the other way round. */
export function expandRepeats(panels: Panel[], scope: Scope, turned: ReadonlySet<string> = new Set()): Placed[] {
  const rows = byPlace(panels);
  const heads = rows.filter((p) => p.type === 'row');
  const firstRow = heads[0]?.gridPos.y ?? Number.POSITIVE_INFINITY;
  const out: Placed[] = [];
  let shift = 0;
  shift += addSection(out, rows.filter((p) => p.type !== 'row' && p.gridPos.y < firstRow), [], shift, '', scope);
  for (const row of heads) {
    const inner = panelsOfRow(rows, row);
    const copies = copiesOf(row.repeat, scope);
    if (copies === undefined) {
      out.push({ key: `${row.id}`, panel: movedBy(row, shift), own: [] });
      shift += addSection(out, inner, [], shift, '', scope);
      continue;
    }
    const closed = row.collapsed === true;
    const inside = closed ? belowRow(row) : inner;
    const height = inside.reduce((most, p) => Math.max(most, p.gridPos.y + p.gridPos.h), row.gridPos.y + 1) - row.gridPos.y;
    copies.forEach((own, index) => {
      const suffix = index === 0 ? '' : `~${own.values[0]}`;
      const key = `${row.id}${suffix}`;
      const isClosed = turned.has(key) ? !closed : closed;
      out.push({ key, panel: { ...movedBy(row, shift), collapsed: isClosed, panels: isClosed ? inside : [] }, own: [own] });
      shift += isClosed ? 1 : height + addSection(out, inside, [own], shift, suffix, scope);
    });
    shift -= closed ? 1 : height; // the room that the board itself has for one of them
    if (closed) shift += addSection(out, inner, [], shift, '', scope); // below a closed row, and not of it
  }
  return out;
}

// What a closed row holds, where it stands once the row is open.
function belowRow(row: Panel): Panel[] {
  const held = row.panels ?? [];
  const top = held.reduce((least, p) => Math.min(least, p.gridPos.y), Number.POSITIVE_INFINITY);
  return held.map((p) => movedBy(p, row.gridPos.y + 1 - top));
}

function movedBy(panel: Panel, rows: number): Panel {
  return rows === 0 ? panel : { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + rows } };
}

// Panels of one section; returns how many grid rows its repeats added.
function addSection(out: Placed[], panels: Panel[], own: BoundVariable[], start: number, suffix: string, scope: Scope): number {
  let shift = 0;
  let line = -1; // panels on one line are moved by the same amount
  let pending = 0;
  for (const panel of byPlace(panels)) {
    if (panel.gridPos.y !== line) {
      shift += pending;
      pending = 0;
      line = panel.gridPos.y;
    }
    const copies = panel.repeat !== undefined && own.some((v) => v.name === panel.repeat) ? undefined : copiesOf(panel.repeat, scope);
    if (copies === undefined) {
      out.push({ key: `${panel.id}${suffix}`, panel: movedBy(panel, start + shift), own });
      continue;
    }
    const { x, y, w, h } = panel.gridPos;
    const down = panel.repeatDirection === 'v';
    const perRow = down ? 1 : Math.min(copies.length, Math.max(1, numberOf(panel.maxPerRow, PER_ROW_DEFAULT)));
    const width = down ? w : Math.floor(GRID_COLUMNS / perRow);
    copies.forEach((copy, index) => {
      const gridPos = {
        ...panel.gridPos,
        x: down ? x : (index % perRow) * width,
        y: y + start + shift + Math.floor(index / perRow) * h,
        w: width,
      };
      const key = `${panel.id}${suffix}${index === 0 ? '' : `~${copy.values[0]}`}`;
      out.push({ key, panel: { ...panel, gridPos }, own: [...own, copy] });
    });
    pending = Math.max(pending, (Math.ceil(copies.length / perRow) - 1) * h);
  }
  return shift + pending;
}
