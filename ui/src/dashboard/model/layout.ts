// The grid of 24 columns: moving and resizing panels, opening and closing rows. All functions return new
// panels and leave the given ones alone.
import { GRID_COLUMNS, type GridPos, type Panel } from './board';

export const ROW_HEIGHT_PX = 30;
export const GAP_PX = 8;

export function overlaps(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function clampPos(pos: GridPos): GridPos {
  const w = Math.min(GRID_COLUMNS, Math.max(2, pos.w));
  return { ...pos, w, h: Math.max(1, pos.h), x: Math.min(GRID_COLUMNS - w, Math.max(0, pos.x)), y: Math.max(0, pos.y) };
}

// One panel gets a new place; what it covers moves down, then everything rises as far as it can.
export function placePanel(panels: Panel[], id: number, pos: GridPos): Panel[] {
  const moved = panels.map((panel) => (panel.id === id ? { ...panel, gridPos: clampPos(pos) } : panel));
  return compact(moved, id);
}

export function compact(panels: Panel[], pinned?: number): Panel[] {
  const order = [...panels].sort(
    (a, b) => a.gridPos.y - b.gridPos.y || Number(b.id === pinned) - Number(a.id === pinned) || a.gridPos.x - b.gridPos.x,
  );
  const placed: Panel[] = [];
  for (const panel of order) {
    let y = 0;
    for (const other of placed) {
      const sideBySide = panel.gridPos.x >= other.gridPos.x + other.gridPos.w || other.gridPos.x >= panel.gridPos.x + panel.gridPos.w;
      if (!sideBySide || other.type === 'row' || panel.type === 'row') y = Math.max(y, other.gridPos.y + other.gridPos.h);
    }
    placed.push(y === panel.gridPos.y ? panel : { ...panel, gridPos: { ...panel.gridPos, y } });
  }
  return placed;
}

// Panels that lie on each other, as boards written by hand have them: the later one goes below, and what stands under a row
// stays under it. Then everything rises as far as it can, as on Grafana's grid: a gap between two panels is none there.
export function tidied(panels: Panel[]): { panels: Panel[]; moved: number } {
  let floor = 0; // below the last row
  let bottom = 0;
  const placed: GridPos[] = [];
  const places = new Map<Panel, GridPos>();
  for (const panel of [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || Number(b.type === 'row') - Number(a.type === 'row') || a.gridPos.x - b.gridPos.x)) {
    let pos = { ...panel.gridPos, y: Math.max(panel.gridPos.y, floor) };
    if (panel.type === 'row') pos.y = Math.max(pos.y, bottom);
    for (let under = placed.filter((other) => overlaps(pos, other)); under.length > 0; under = placed.filter((other) => overlaps(pos, other))) pos = { ...pos, y: Math.max(...under.map((other) => other.y + other.h)) };
    if (panel.type === 'row') floor = pos.y + pos.h;
    bottom = Math.max(bottom, pos.y + pos.h);
    placed.push(pos);
    places.set(panel, pos);
  }
  const risen = new Map(compact(panels.map((panel) => ({ ...panel, gridPos: places.get(panel)! }))).map((panel) => [panel.id, panel.gridPos]));
  const out = panels.map((panel) => (risen.get(panel.id)!.y === panel.gridPos.y ? panel : { ...panel, gridPos: risen.get(panel.id)! }));
  const moved = out.filter((panel, i) => panel !== panels[i]).length;
  return moved === 0 ? { panels, moved } : { panels: out, moved };
}

// The first free place below everything, for a new panel.
export function bottomPlace(panels: Panel[], w = 12, h = 8): GridPos {
  const y = panels.reduce((lowest, panel) => Math.max(lowest, panel.gridPos.y + panel.gridPos.h), 0);
  return { x: 0, y, w, h };
}

// The panels a row holds while it is open: those between it and the next row.
export function panelsOfRow(panels: Panel[], row: Panel): Panel[] {
  const next = panels
    .filter((p) => p.type === 'row' && p.gridPos.y > row.gridPos.y)
    .reduce((least, p) => Math.min(least, p.gridPos.y), Number.POSITIVE_INFINITY);
  return panels.filter((p) => p.type !== 'row' && p.gridPos.y > row.gridPos.y && p.gridPos.y < next);
}

export function toggleRow(panels: Panel[], rowId: number): Panel[] {
  const row = panels.find((p) => p.id === rowId && p.type === 'row');
  if (row === undefined) return panels;
  if (row.collapsed === true) {
    const inner = row.panels ?? [];
    const top = inner.reduce((least, p) => Math.min(least, p.gridPos.y), Number.POSITIVE_INFINITY);
    const shift = inner.length === 0 ? 0 : row.gridPos.y + 1 - top;
    const opened = inner.map((p) => ({ ...p, gridPos: { ...p.gridPos, y: p.gridPos.y + shift } }));
    const height = opened.reduce((most, p) => Math.max(most, p.gridPos.y + p.gridPos.h), row.gridPos.y + 1) - (row.gridPos.y + 1);
    const rest = panels.map((p) => {
      if (p.id === rowId) return { ...p, collapsed: false, panels: [] };
      return p.gridPos.y > row.gridPos.y ? { ...p, gridPos: { ...p.gridPos, y: p.gridPos.y + height } } : p;
    });
    return byPlace([...rest, ...opened]);
  }
  const inner = panelsOfRow(panels, row);
  const inside = new Set(inner.map((p) => p.id));
  const bottom = inner.reduce((most, p) => Math.max(most, p.gridPos.y + p.gridPos.h), row.gridPos.y + 1);
  const height = bottom - (row.gridPos.y + 1);
  return byPlace(
    panels
      .filter((p) => !inside.has(p.id))
      .map((p) => {
        if (p.id === rowId) return { ...p, collapsed: true, panels: inner };
        return p.gridPos.y > row.gridPos.y ? { ...p, gridPos: { ...p.gridPos, y: p.gridPos.y - height } } : p;
      }),
  );
}

export function byPlace(panels: Panel[]): Panel[] {
  return [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
}

// Reading order on a narrow screen: one column, each panel as wide as the screen.
export function stacked(panels: Panel[]): Panel[] {
  let y = 0;
  return byPlace(panels).map((panel) => {
    const placed = { ...panel, gridPos: { ...panel.gridPos, x: 0, y, w: GRID_COLUMNS } };
    y += panel.gridPos.h;
    return placed;
  });
}
