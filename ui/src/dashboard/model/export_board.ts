// Board → text. Keys are sorted inside objects that we built and kept in order elsewhere, so that a board
// that did not change gives the same bytes each time; git shows only what was edited.
import type { Board, Panel } from './board';
import { isObject, type JsonObject } from './json';

const FIRST_KEYS = ['id', 'uid', 'title', 'description', 'type', 'tags', 'refId', 'datasource', 'gridPos', 'name'];

function rank(key: string): number {
  const index = FIRST_KEYS.indexOf(key);
  return index < 0 ? FIRST_KEYS.length : index;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const key of keys) if (value[key] !== undefined) out[key] = ordered(value[key]);
  return out;
}

// A panel that never had them is not given empty lists and objects.
function lean(panel: Panel): JsonObject {
  const out: JsonObject = { ...panel };
  if (panel.type === 'row') {
    for (const key of ['targets', 'options', 'fieldConfig', 'transformations']) delete out[key];
  }
  if (panel.transformations.length === 0) delete out.transformations;
  if (panel.panels !== undefined) out.panels = panel.panels.map(lean);
  return out;
}

export function exportBoard(board: Board): JsonObject {
  return ordered({ ...board, panels: board.panels.map(lean) }) as JsonObject;
}

export function exportBoardText(board: Board): string {
  return JSON.stringify(exportBoard(board), undefined, 2) + '\n';
}

// For another server: without the numbers this one gave it.
export function exportForSharing(board: Board): JsonObject {
  const out = exportBoard(board);
  out.id = null;
  delete out.version;
  return out;
}
