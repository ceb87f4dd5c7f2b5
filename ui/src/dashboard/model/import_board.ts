// Any classic Grafana dashboard JSON → Board. Lenient: old shapes are brought to today's, what cannot be
// understood stays in place, and only a thing that is no classic dashboard at all is refused.
import { allPanels, SCHEMA_VERSION, type Board, type Panel } from './board';
import { BOARD_FIELDS, mend, RETIRED_OF_BOARDS, RETIRED_OF_PICKERS } from './fields';
import { ImportNotes } from './import_notes';
import { fillInputs } from './import_inputs';
import { t } from './import_errors';
import type { Note } from './note';
import { cloneJson, flagOf, isObject, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from './json';
import { tidied, toggleRow } from './layout';
import { panelsOfRows, placeUnplaced } from './old_rows';
import { regularLinks } from './regular_links';
import { regularPanel, tellStrays } from './regular_panel';
import { regularAnnotation, regularVariable, retire } from './regular_variable';

export type Imported = { board: Board; changes: Note[] } | { error: string };

export function importBoard(input: unknown): Imported {
  const found = unwrap(input);
  if ('error' in found) return found;
  const notes = new ImportNotes();
  const board = regularBoard(fillInputs(cloneJson(found.json), notes), notes);
  return { board, changes: notes.all() };
}

export function importBoardText(text: string): Imported {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { error: t('notJson', { what: error instanceof Error ? error.message : String(error) }) };
  }
  return importBoard(parsed);
}

const OF_A_BOARD = ['panels', 'rows', 'title', 'templating', 'schemaVersion'];

// The API's envelope, Kubernetes' envelope, Jsonnet's map of file names and the bare object are all accepted.
function unwrap(input: unknown): { json: JsonObject } | { error: string } {
  if (!isObject(input)) return { error: t('noObject') };
  const version = textOf(input.apiVersion);
  if (/\/v2/.test(version)) return { error: t('v2', { version }) };
  if (isObject(input.spec) && version !== '') return unwrap(input.spec);
  if (isObject(input.dashboard)) return unwrap(input.dashboard);
  if (isObject(input.elements) && isObject(input.layout))
    return { error: t('v2Elements') };
  if (OF_A_BOARD.some((key) => Object.hasOwn(input, key))) return { json: input };
  const files = Object.entries(input);
  if (files.length > 0 && files.every(([name, json]) => name.endsWith('.json') && isObject(json)))
    return files.length === 1 ? unwrap(files[0]![1]) : { error: t('several', { n: files.length, first: files[0]![0] }) };
  return { error: t('noBoard') };
}

function regularBoard(json: JsonObject, notes: ImportNotes): Board {
  const board = json as Board;
  if (flagOf(json.sharedCrosshair) && json.graphTooltip === undefined) board.graphTooltip = 1;
  if (json.refresh === false || json.refresh === null) board.refresh = '';
  retire(json, RETIRED_OF_BOARDS, notes);
  board.title = textOf(json.title, 'Untitled');
  board.uid = textOf(json.uid);
  board.tags = textsOf(json.tags);
  board.version = numberOf(json.version, 0);
  board.timezone = textOf(json.timezone);
  board.links = regularLinks(json.links, { key: 'board' }, notes);
  const time = objectOf(json.time);
  board.time = { ...time, from: textOf(time.from, 'now-6h') || 'now-6h', to: textOf(time.to, 'now') || 'now' };
  board.schemaVersion = Math.max(SCHEMA_VERSION, numberOf(json.schemaVersion, 0));
  if (isObject(json.timepicker)) retire(json.timepicker, RETIRED_OF_PICKERS, notes);
  mend(json, BOARD_FIELDS, (key) => notes.say({ key: 'lost', values: { key } }, { key: 'board' }));
  board.refresh = textOf(json.refresh);

  const given = objectsOf(json.panels);
  tellStrays(json.panels, given.length, notes, { key: 'panels' });
  if (Array.isArray(json.rows)) {
    tellStrays(json.rows, objectsOf(json.rows).length, notes, { key: 'rows' });
    given.push(...panelsOfRows(objectsOf(json.rows)));
    delete json.rows;
    notes.say({ key: 'rows' });
  }
  board.panels = unfolded(withoutCopies(given, notes).map((panel) => regularPanel(panel, notes)), notes);
  giveIds(board);
  placeUnplaced(board.panels);
  openRows(board);
  tidy(board, notes);

  const templating = objectOf(json.templating);
  const listed = Array.isArray(json.templating) ? json.templating : templating.list;
  const variables = objectsOf(listed).filter((v) => textOf(v.name) !== '');
  tellStrays(listed, variables.length, notes, { key: 'variables' });
  retire(templating, ['enable'], notes);
  board.templating = { ...templating, list: variables.map((v) => regularVariable(v, notes)) };
  const annotations = objectOf(json.annotations);
  const marks = Array.isArray(json.annotations) ? json.annotations : annotations.list;
  retire(annotations, ['enable'], notes);
  tellStrays(marks, objectsOf(marks).length, notes, { key: 'annotations' });
  board.annotations = { ...annotations, list: objectsOf(marks).map((mark) => regularAnnotation(mark, notes)) };
  return board;
}

// Grafana once saved the copies of repeated panels and rows beside their original, which makes them anew.
function withoutCopies(panels: JsonObject[], notes: ImportNotes): JsonObject[] {
  let copies = 0;
  const copied = (panel: JsonObject) => (numberOf(panel.repeatPanelId, 0) > 0 && textOf(panel.repeat) === '') || panel.repeatedByRow === true;
  const keep = (list: JsonObject[]): JsonObject[] =>
    list.filter((panel) => {
      if (copied(panel)) {
        copies++;
        return false;
      }
      if (Array.isArray(panel.panels)) panel.panels = keep(objectsOf(panel.panels));
      return true;
    });
  const kept = keep(panels);
  if (copies > 0) notes.say({ key: 'copies', values: { n: copies } });
  return kept;
}

// A row within a row is none: what it holds is part of the outer one.
function unfolded(panels: Panel[], notes: ImportNotes): Panel[] {
  for (const row of panels) {
    if (row.type !== 'row' || row.panels === undefined) continue;
    const flat = (inner: Panel[]): Panel[] =>
      inner.flatMap((panel) => {
        if (panel.type !== 'row') return [panel];
        notes.say({ key: 'innerRow', values: { inner: panel.title, outer: row.title } });
        return flat(panel.panels ?? []);
      });
    row.panels = flat(row.panels);
  }
  return panels;
}

// What an open row holds stands below it.
function openRows(board: Board): void {
  const full = board.panels.filter((panel) => panel.type === 'row' && panel.collapsed !== true && (panel.panels ?? []).length > 0).map((row) => row.id);
  for (const id of full) board.panels = toggleRow(board.panels.map((panel) => (panel.id === id ? { ...panel, collapsed: true } : panel)), id);
}

// No panel hides another one, and nothing stands below a gap. Inside of a closed row, places count from its first panel.
function tidy(board: Board, notes: ImportNotes): void {
  const top = tidied(board.panels);
  let { moved } = top;
  board.panels = top.panels;
  for (const row of board.panels) {
    if (row.type !== 'row' || row.panels === undefined) continue;
    const top = row.panels.reduce((least, panel) => Math.min(least, panel.gridPos.y), Infinity);
    const inner = tidied(row.panels.map((panel) => ({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y - top } })));
    row.panels = inner.panels.map((panel) => ({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + top } }));
    moved += inner.moved;
  }
  if (moved > 0) notes.say({ key: 'moved', values: { n: moved } });
}

// Ids are what links and the single-panel view use: each panel has one of its own.
function giveIds(board: Board): void {
  const used = new Set<number>();
  const every = allPanels(board);
  // Beyond some size a number and its next are the same.
  const valid = (id: number | undefined): id is number => id !== undefined && id > 0 && id < 2 ** 50 && Number.isInteger(id);
  let next = every.reduce((highest, { id }) => Math.max(highest, valid(numberOf(id)) ? numberOf(id, 0) : 0), 0) + 1;
  for (const panel of every) {
    const id = numberOf(panel.id);
    panel.id = !valid(id) || used.has(id) ? next++ : id;
    used.add(panel.id);
  }
}
