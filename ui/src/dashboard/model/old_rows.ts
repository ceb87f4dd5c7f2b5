// Boards from before Grafana 5 have rows of panels with a span of 12 columns; later ones a grid of 24.
import { GRID_COLUMNS, type GridPos, type Panel } from './board';
import { flagOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json';

const ROW_PIXELS = 38; // one grid row with its gap, in the pixels old heights were given in

function rowHeight(value: unknown): number {
  const pixels = numberOf(typeof value === 'string' ? value.replace('px', '') : value, 250);
  return Math.max(3, Math.round(pixels / ROW_PIXELS));
}

// Heads stand over all rows as soon as one of them has something to tell: a title that was shown, a fold, a repeat.
export function panelsOfRows(rows: JsonObject[]): JsonObject[] {
  const out: JsonObject[] = [];
  const titled = rows.some((row) => flagOf(row.showTitle) || flagOf(row.collapse) || textOf(row.repeat) !== '');
  let y = 0;
  for (const row of rows) {
    const height = rowHeight(row.height);
    const collapsed = flagOf(row.collapse, flagOf(row.collapsed));
    const inner: JsonObject[] = [];
    const top = titled ? y + 1 : y;
    let x = 0;
    let line = top;
    for (const panel of objectsOf(row.panels)) {
      const width = Math.min(GRID_COLUMNS, Math.max(1, Math.round(numberOf(panel.span, 4) * 2)));
      if (x + width > GRID_COLUMNS) {
        x = 0;
        line += height;
      }
      const own = numberOf(panel.height) === undefined ? height : rowHeight(panel.height);
      const { span: _span, ...rest } = panel;
      inner.push({ ...rest, gridPos: { x, y: line, w: width, h: own } });
      x += width;
    }
    if (titled) {
      const head: JsonObject = { type: 'row', title: textOf(row.title, 'Row'), collapsed, gridPos: { x: 0, y, w: GRID_COLUMNS, h: 1 } };
      if (textOf(row.repeat) !== '') head.repeat = textOf(row.repeat);
      head.panels = collapsed ? inner : [];
      out.push(head);
      y += 1;
    }
    if (!(titled && collapsed)) {
      out.push(...inner);
      y = inner.length === 0 ? y : line + height;
    }
  }
  return out;
}

function gridPosOf(value: unknown): GridPos | undefined {
  const json = objectOf(value);
  const w = numberOf(json.w);
  const h = numberOf(json.h);
  if (w === undefined || h === undefined || w <= 0 || h <= 0) return undefined;
  const width = Math.min(GRID_COLUMNS, Math.max(1, Math.round(w)));
  const x = Math.min(GRID_COLUMNS - width, Math.max(0, Math.round(numberOf(json.x, 0))));
  return { ...json, x, y: Math.max(0, Math.round(numberOf(json.y, 0))), w: width, h: Math.min(200, Math.max(1, Math.round(h))) };
}

// Panels without a place go below the rest, two to a line, in their order.
export function placeUnplaced(panels: Panel[]): void {
  let bottom = 0;
  const waiting: Panel[] = [];
  for (const panel of panels) {
    const given = gridPosOf(panel.gridPos);
    if (panel.panels !== undefined) placeUnplaced(panel.panels);
    if (given === undefined) {
      waiting.push(panel);
      continue;
    }
    panel.gridPos = given;
    bottom = Math.max(bottom, given.y + given.h);
  }
  let x = 0;
  let line = 0;
  for (const panel of waiting) {
    const size = panel.type === 'row' ? { w: GRID_COLUMNS, h: 1 } : { w: 12, h: 8 };
    if (x + size.w > GRID_COLUMNS) {
      bottom += line;
      x = 0;
      line = 0;
    }
    panel.gridPos = { x, y: bottom, ...size };
    x += size.w;
    line = Math.max(line, size.h);
  }
}
