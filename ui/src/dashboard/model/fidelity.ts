// What of an imported board is shown as it was, differently, or not at all: one line per finding, per panel.
import { allPanels, type Board, type Panel } from './board';
import { flagOf, objectOf, objectsOf, textOf, type JsonObject } from './json';
import { expressionOf, isExpressionSource } from '../expressions/expression';
import { isOurDatasource } from './datasource';
import { ANNOTATION_FIELDS, BOARD_FIELDS, PANEL_FIELDS, ROW_FIELDS, unknownKeys, VARIABLE_FIELDS } from './fields';
import type { Note, Place, Said } from './note';
import { optionsNotShown, saysSomething } from './panel_options';
import { PANEL_TYPES } from './panel_types';
import { cellKindOf } from './table_cells';
import { isKnownFilter, TRANSFORMS } from '../data/transforms';
import { KNOWN_MATCHERS, KNOWN_PROPERTIES } from '../field/overrides';
import { isColorMode } from '../field/colors';
import { isKnownUnit } from '../field/units';
import { sharedPanel } from './shared_targets';
import { chainOf, dependenciesOf } from './variables';

export type Grade = 'full' | 'partial' | 'none';

export interface PanelFidelity {
  id: number;
  title: string;
  type: string;
  grade: Grade;
  notes: Note[];
}

export interface Fidelity {
  panels: PanelFidelity[];
  board: Note[]; // findings that belong to no panel
}

const VARIABLE_KINDS = new Set(['query', 'custom', 'constant', 'textbox', 'interval', 'datasource', 'adhoc', 'groupby', 'switch', 'system']);

export function fidelityOf(board: Board, changes: readonly Note[] = []): Fidelity {
  const notes = [...changes];
  const say = (said: Said, ...where: Place[]) => void notes.push({ ...said, where });
  const kept = unknownKeys(board, BOARD_FIELDS);
  if (kept.length > 0) say({ key: 'keptOfBoard', values: { names: kept.join(', ') } });
  for (const variable of board.templating.list) {
    if (!VARIABLE_KINDS.has(variable.type)) say({ key: 'variableKind', values: { kind: variable.type } }, placeOf(variable));
    if (!isOurDatasource(variable.datasource)) say({ key: 'foreign', values: { type: textOf(objectOf(variable.datasource).type) } }, placeOf(variable));
  }
  for (const variable of board.templating.list) {
    const own = unknownKeys(variable, VARIABLE_FIELDS);
    if (own.length > 0) say({ key: 'kept', values: { names: own.join(', ') } }, placeOf(variable));
  }
  const circle = chainOf(board.templating.list).flat().find((v) => {
    const seen = new Set<string>();
    const waiting = dependenciesOf(v);
    while (waiting.length > 0) {
      const name = waiting.pop()!;
      if (name === v.name) return true;
      if (seen.has(name)) continue;
      seen.add(name);
      const other = board.templating.list.find((o) => o.name === name);
      if (other !== undefined) waiting.push(...dependenciesOf(other));
    }
    return false;
  });
  if (circle !== undefined) say({ key: 'circle' }, placeOf(circle));
  for (const mark of board.annotations.list) {
    const place: Place = { key: 'annotation', values: { name: mark.name } };
    const own = unknownKeys(mark, ANNOTATION_FIELDS);
    if (own.length > 0) say({ key: 'kept', values: { names: own.join(', ') } }, place);
    if (!isOurDatasource(mark.datasource)) say({ key: 'foreign', values: { type: textOf(objectOf(mark.datasource).type) } }, place);
  }
  const every = allPanels(board);
  // What the import itself could not keep; panels of one name are one to it.
  const changed = new Set(changes.filter(({ key }) => LOSSES.has(key)).flatMap(({ where }) => where.flatMap(({ key, values }) => (key === 'panel' ? [values?.title] : key === 'untitled' ? [''] : []))));
  const panels = every.map((panel) => panelFidelity(panel, every)).map((one): PanelFidelity => (one.grade === 'full' && changed.has(one.title) ? { ...one, grade: 'partial' } : one));
  return { panels, board: notes };
}

const LOSSES: ReadonlySet<Note['key']> = new Set([
  'lost', 'lostField', 'lostStep', 'lostOverrides', 'lostMappings', 'timeRegions', 'axesAligned', 'cumulative', 'rule', 'prefix', 'beside', 'besideBoth', 'oldTransform',
] as const);

const placeOf = ({ name }: { name: string }): Place => ({ key: 'variable', values: { name } });

// A query that no source here can answer, told by the fields that other sources' queries have.
function asksNothing(target: JsonObject): boolean {
  return textOf(target.expr) === '' && Object.keys(target).some((key) => FOREIGN_QUERY.has(key));
}
// Of the editor, or worked out from the rest; then what is asked with.
const OF_QUERIES = new Set([
  'refId', 'expr', 'datasource', 'hide', 'format', 'instant', 'range', 'exemplar', 'interval', 'intervalFactor', 'legendFormat',
  'editorMode', 'useBackend', 'disableTextWrap', 'fullMetaSearch', 'includeNullMetadata', 'metric', 'step', 'requestId', 'key', 'queryType', 'utcOffsetSec', 'calculatedInterval', 'hinting', '$$hashKey',
]);
const FOREIGN_QUERY = new Set(['rawSql', 'rawQuery', 'query', 'scenarioId', 'metricQuery', 'target', 'measurement', 'metricName', 'azureMonitor', 'csvContent', 'url']);

// Cells that look otherwise in a table there.
function cellsNotShown({ fieldConfig: { defaults, overrides } }: Panel): Said[] {
  const custom = objectOf(defaults.custom);
  const kinds = new Set<string>();
  const keys = new Set<string>();
  const hold = (kind: string, options: JsonObject) => {
    if (kind !== '' && cellKindOf(kind) === undefined) kinds.add(kind);
    for (const key of ['hideHeader', 'tooltip']) if (saysSomething(options[key])) keys.add(key);
  };
  hold(textOf(objectOf(custom.cellOptions).type) || textOf(custom.displayMode), objectOf(custom.cellOptions));
  for (const { id, value } of overrides.flatMap((override) => override.properties)) {
    if (id === 'custom.cellOptions') hold(textOf(objectOf(value).type), objectOf(value));
    if (id === 'custom.displayMode') hold(textOf(value), {});
  }
  return [...[...kinds].map((kind): Said => ({ key: 'cellKind', values: { kind } })), ...[...keys].map((key): Said => ({ key: 'cell', values: { key } }))];
}

function panelFidelity(panel: Panel, panels: readonly Panel[]): PanelFidelity {
  const notes: Note[] = [];
  const say = (said: Said) => void notes.push({ ...said, where: [] });
  let grade: Grade = 'full';
  const lower = (to: Grade, said: Said) => {
    if (to === 'none' || grade === 'full') grade = to;
    say(said);
  };
  if (panel.libraryPanel !== undefined) lower('none', { key: 'noLibrary' });
  if (!PANEL_TYPES.has(panel.type)) lower('none', { key: 'panelType', values: { type: panel.type } });
  const own = unknownKeys(panel, panel.type === 'row' ? ROW_FIELDS : PANEL_FIELDS);
  if (own.length > 0) say({ key: 'kept', values: { names: own.join(', ') } });
  if (sharedPanel(panel, panels) === null) lower('none', { key: 'sharedGone' });
  for (const target of panel.targets) {
    const ref = target.datasource ?? panel.datasource;
    if (!isOurDatasource(ref) && panel.type === 'logs') lower('partial', { key: 'noLogs', values: { id: target.refId } });
    else if (!isOurDatasource(ref)) lower('none', { key: 'foreignQuery', values: { id: target.refId, type: textOf(objectOf(ref).type) } });
    else if (!isExpressionSource(ref) && asksNothing(target)) lower('none', { key: 'otherQuery', values: { id: target.refId } });
    else if (!isExpressionSource(ref) && textOf(target.expr) !== '') {
      const own = Object.keys(target).filter((key) => !OF_QUERIES.has(key) && saysSomething(target[key]));
      if (own.length > 0) say({ key: 'keptOfQuery', values: { id: target.refId, names: own.join(', ') } });
    } else if (isExpressionSource(ref)) {
      const expression = expressionOf(target);
      if (expression.type === 'unknown') lower('partial', { key: 'expressionKind', values: { id: target.refId, kind: expression.name } });
      if (objectOf(objectsOf(target.conditions)[0]).unloadEvaluator !== undefined) say({ key: 'unload', values: { id: target.refId } });
    }
  }
  for (const transformation of panel.transformations) {
    const filter = textOf(objectOf(transformation.filter).id);
    if (filter !== '' && !isKnownFilter(filter)) lower('partial', { key: 'stepFilter', values: { id: transformation.id, filter } });
    if (TRANSFORMS.has(transformation.id)) continue;
    if (transformation.disabled === true) say({ key: 'stepOff', values: { id: transformation.id } });
    else lower('partial', { key: 'stepSkipped', values: { id: transformation.id } });
  }
  const colorMode = (value: unknown) => {
    const mode = textOf(objectOf(value).mode);
    if (mode !== '' && !isColorMode(mode)) lower('partial', { key: 'colorMode', values: { mode } });
  };
  for (const override of panel.fieldConfig.overrides) {
    if (!KNOWN_MATCHERS.has(override.matcher.id)) lower('partial', { key: 'matcher', values: { id: override.matcher.id } });
    for (const property of override.properties) {
      if (!KNOWN_PROPERTIES.has(property.id)) lower('partial', { key: 'override', values: { id: property.id } });
      else if (property.id === 'color') colorMode(property.value);
      else if (property.id === 'unit' && textOf(property.value) !== '' && !isKnownUnit(textOf(property.value))) lower('partial', { key: 'unit', values: { unit: textOf(property.value) } });
    }
  }
  const unit = textOf(panel.fieldConfig.defaults.unit);
  if (unit !== '' && !isKnownUnit(unit)) lower('partial', { key: 'unit', values: { unit } });
  for (const [key, value] of Object.entries(objectOf(panel.fieldConfig.defaults.custom)))
    if (!KNOWN_PROPERTIES.has(`custom.${key}`) && saysSomething(value)) lower('partial', { key: 'field', values: { key } });
  colorMode(panel.fieldConfig.defaults.color);
  if (panel.type === 'table') for (const said of cellsNotShown(panel)) lower('partial', said);
  const { unlike, unused } = optionsNotShown(panel.type, panel.options);
  for (const path of unlike) lower('partial', { key: 'option', values: { path } });
  if (unused.length > 0) say({ key: 'keptOptions', values: { names: unused.join(', ') } });
  if (panel.type === 'news') lower('none', { key: 'news' });
  if (panel.type === 'text' && panel.options.mode === 'html') lower('partial', { key: 'html' });
  if (panel.type === 'timeseries') {
    if (textOf(objectOf(panel.fieldConfig.defaults.custom).barAlignment) === '1') say({ key: 'centred' });
    if (objectsOf(panel.alert === undefined ? [] : [panel.alert]).length > 0)
      lower('partial', { key: 'innerAlert' });
  }
  if (panel.type === 'table' && flagOf(objectOf(panel.options.footer).show) && objectOf(panel.options.footer).enablePagination === true)
    say({ key: 'pages' });
  return { id: panel.id, title: panel.title, type: panel.type, grade, notes };
}
