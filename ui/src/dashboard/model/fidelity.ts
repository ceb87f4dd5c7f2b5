// What of an imported board is shown as it was, differently, or not at all: one line per finding, per panel.
import { allPanels, type Board, type Panel } from './board';
import { flagOf, objectOf, objectsOf, textOf, type JsonObject } from './json';
import { expressionOf, isExpressionSource } from '../expressions/expression';
import { isOurDatasource } from './datasource';
import { ANNOTATION_FIELDS, BOARD_FIELDS, PANEL_FIELDS, ROW_FIELDS, unknownKeys, VARIABLE_FIELDS } from './fields';
import { optionsNotShown, saysSomething } from './panel_options';
import { PANEL_TYPES } from './panel_types';
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
  notes: string[];
}

export interface Fidelity {
  panels: PanelFidelity[];
  board: string[]; // findings that belong to no panel
}

const VARIABLE_KINDS = new Set(['query', 'custom', 'constant', 'textbox', 'interval', 'datasource', 'adhoc', 'groupby', 'switch', 'system']);

export function fidelityOf(board: Board, changes: string[] = []): Fidelity {
  const notes = [...changes];
  const kept = unknownKeys(board, BOARD_FIELDS);
  if (kept.length > 0) notes.push(`kept in the file, though Grafana's format has no such fields: ${kept.join(', ')}`);
  for (const variable of board.templating.list) {
    if (!VARIABLE_KINDS.has(variable.type)) notes.push(`variable ${variable.name}: kind "${variable.type}" is not known`);
    if (!isOurDatasource(variable.datasource)) notes.push(`variable ${variable.name}: asks ${textOf(objectOf(variable.datasource).type)}, which is not here`);
  }
  for (const variable of board.templating.list) {
    const own = unknownKeys(variable, VARIABLE_FIELDS);
    if (own.length > 0) notes.push(`variable ${variable.name}: kept in the file, not used: ${own.join(', ')}`);
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
  if (circle !== undefined) notes.push(`variable ${circle.name}: depends on itself`);
  for (const mark of board.annotations.list) {
    const type = textOf(objectOf(mark.datasource).type);
    const own = unknownKeys(mark, ANNOTATION_FIELDS);
    if (own.length > 0) notes.push(`annotation "${mark.name}": kept in the file, not used: ${own.join(', ')}`);
    if (!isOurDatasource(mark.datasource)) notes.push(`annotation "${mark.name}": asks ${type}, which is not here`);
  }
  const every = allPanels(board);
  return { panels: every.map((panel) => panelFidelity(panel, every)), board: notes };
}

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
function cellsNotShown({ fieldConfig: { defaults, overrides } }: Panel): Set<string> {
  const custom = objectOf(defaults.custom);
  const lines = new Set<string>();
  const hold = (kind: string, options: JsonObject) => {
    if (kind !== '' && !CELLS.has(kind)) lines.add(`cells of the kind "${kind}" are shown as text`);
    for (const key of ['applyToRow', 'hideHeader', 'tooltip']) if (saysSomething(options[key])) lines.add(`"${key}" of its cells is kept but not shown`);
  };
  hold(textOf(objectOf(custom.cellOptions).type) || textOf(custom.displayMode), objectOf(custom.cellOptions));
  for (const { id, value } of overrides.flatMap((override) => override.properties)) {
    if (id === 'custom.cellOptions') hold(textOf(objectOf(value).type), objectOf(value));
    if (id === 'custom.displayMode') hold(textOf(value), {});
  }
  return lines;
}
const CELLS = new Set(['auto', 'color-text', 'color-background', 'color-background-solid', 'gauge', 'basic', 'lcd-gauge', 'gradient-gauge', 'json-view', 'sparkline']);

function panelFidelity(panel: Panel, panels: readonly Panel[]): PanelFidelity {
  const notes: string[] = [];
  let grade: Grade = 'full';
  const lower = (to: Grade, note: string) => {
    if (to === 'none' || grade === 'full') grade = to;
    notes.push(note);
  };
  if (panel.libraryPanel !== undefined) lower('none', 'a library panel: its definition is not in this file');
  if (!PANEL_TYPES.has(panel.type)) lower('none', `panel type "${panel.type}" is not known; its data is shown as a table`);
  const own = unknownKeys(panel, panel.type === 'row' ? ROW_FIELDS : PANEL_FIELDS);
  if (own.length > 0) notes.push(`kept in the file, not used: ${own.join(', ')}`);
  if (sharedPanel(panel, panels) === null) lower('none', 'shows the data of another panel, which is not on this board');
  for (const target of panel.targets) {
    const ref = target.datasource ?? panel.datasource;
    if (!isOurDatasource(ref) && panel.type === 'logs') lower('partial', `query ${target.refId}: no log source is here; the feed of alert changes is shown`);
    else if (!isOurDatasource(ref)) lower('none', `query ${target.refId} asks ${textOf(objectOf(ref).type)}, which is not here`);
    else if (!isExpressionSource(ref) && asksNothing(target)) lower('none', `query ${target.refId} is of another data source, which is not here`);
    else if (!isExpressionSource(ref) && textOf(target.expr) !== '') {
      const own = Object.keys(target).filter((key) => !OF_QUERIES.has(key) && saysSomething(target[key]));
      if (own.length > 0) notes.push(`query ${target.refId}: kept in the file, not used: ${own.join(', ')}`);
    } else if (isExpressionSource(ref)) {
      const expression = expressionOf(target);
      if (expression.type === 'unknown') lower('partial', `query ${target.refId}: expressions of the kind "${expression.name}" are not evaluated`);
      if (objectOf(objectsOf(target.conditions)[0]).unloadEvaluator !== undefined) notes.push(`query ${target.refId}: the threshold for recovery is for alerts, and not used in a panel`);
    }
  }
  for (const transformation of panel.transformations) {
    const filter = textOf(objectOf(transformation.filter).id);
    if (filter !== '' && !isKnownFilter(filter)) lower('partial', `transformation "${transformation.id}" is for frames by "${filter}", which chooses none here`);
    if (TRANSFORMS.has(transformation.id)) continue;
    if (transformation.disabled === true) notes.push(`transformation "${transformation.id}" is not known, and switched off`);
    else lower('partial', `transformation "${transformation.id}" is skipped`);
  }
  const colorMode = (value: unknown) => {
    const mode = textOf(objectOf(value).mode);
    if (mode !== '' && !isColorMode(mode)) lower('partial', `colour mode "${mode}" is not known`);
  };
  for (const override of panel.fieldConfig.overrides) {
    if (!KNOWN_MATCHERS.has(override.matcher.id)) lower('partial', `override matcher "${override.matcher.id}" matches nothing here`);
    for (const property of override.properties) {
      if (!KNOWN_PROPERTIES.has(property.id)) lower('partial', `override of "${property.id}" is kept but not shown`);
      else if (property.id === 'color') colorMode(property.value);
      else if (property.id === 'unit' && textOf(property.value) !== '' && !isKnownUnit(textOf(property.value))) lower('partial', `unit "${textOf(property.value)}" is shown as a suffix`);
    }
  }
  const unit = textOf(panel.fieldConfig.defaults.unit);
  if (unit !== '' && !isKnownUnit(unit)) lower('partial', `unit "${unit}" is shown as a suffix`);
  for (const [key, value] of Object.entries(objectOf(panel.fieldConfig.defaults.custom)))
    if (!KNOWN_PROPERTIES.has(`custom.${key}`) && saysSomething(value)) lower('partial', `"${key}" of its fields is kept but not shown`);
  colorMode(panel.fieldConfig.defaults.color);
  if (panel.type === 'table') for (const line of cellsNotShown(panel)) lower('partial', line);
  const { unlike, unused } = optionsNotShown(panel.type, panel.options);
  for (const path of unlike) lower('partial', `option "${path}" is kept but not shown`);
  if (unused.length > 0) notes.push(`options kept in the file, not used: ${unused.join(', ')}`);
  if (panel.type === 'news') lower('none', 'news come from an outside host, and none is asked');
  if (panel.type === 'text' && panel.options.mode === 'html') lower('partial', 'HTML is shown as text, never interpreted');
  if (panel.type === 'timeseries') {
    if (textOf(objectOf(panel.fieldConfig.defaults.custom).barAlignment) === '1') notes.push('bars are centred');
    if (objectsOf(panel.alert === undefined ? [] : [panel.alert]).length > 0)
      lower('partial', 'the alert inside this panel is kept in the file; make it a rule with "Alert on this"');
  }
  if (panel.type === 'table' && flagOf(objectOf(panel.options.footer).show) && objectOf(panel.options.footer).enablePagination === true)
    notes.push('the table scrolls instead of having pages');
  return { id: panel.id, title: panel.title, type: panel.type, grade, notes };
}
