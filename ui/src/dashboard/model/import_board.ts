// Any classic Grafana dashboard JSON → Board. Lenient: old shapes are brought to today's, what cannot be
// understood stays in place, and only a thing that is no classic dashboard at all is refused.
import {
  SCHEMA_VERSION,
  type AnnotationJson,
  type Board,
  type BoardLink,
  type DatasourceRef,
  type FieldConfigSource,
  type Panel,
  type Target,
  type Transformation,
  type VariableJson,
} from './board';
import { arrayOf, cloneJson, flagOf, isObject, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from './json';
import { importMappings, importThresholds } from './old_field_config';
import { panelsOfRows, placeUnplaced } from './old_rows';
import { upgradePanel } from './old_panels';

export type Imported = { board: Board; changes: string[] } | { error: string };

export function importBoard(input: unknown): Imported {
  const found = unwrap(input);
  if ('error' in found) return found;
  const changes: string[] = [];
  return { board: regularBoard(cloneJson(found.json), changes), changes };
}

export function importBoardText(text: string): Imported {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { error: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return importBoard(parsed);
}

// The API's envelope, Kubernetes' envelope and the bare object are all accepted.
function unwrap(input: unknown): { json: JsonObject } | { error: string } {
  if (!isObject(input)) return { error: 'not a dashboard: expected a JSON object' };
  const version = textOf(input.apiVersion);
  if (/\/v2/.test(version)) return { error: `dashboard schema v2 (${version}) is not read here; export it as "classic" JSON` };
  if (isObject(input.spec) && version !== '') return unwrap(input.spec);
  if (isObject(input.dashboard)) return unwrap(input.dashboard);
  if (isObject(input.elements) && isObject(input.layout))
    return { error: 'dashboard schema v2 (elements and layout) is not read here; export it as "classic" JSON' };
  const known = ['panels', 'rows', 'title', 'templating', 'schemaVersion'];
  if (!known.some((key) => key in input)) return { error: 'not a dashboard: it has no title, panels or rows' };
  return { json: input };
}

function regularBoard(json: JsonObject, changes: string[]): Board {
  const board = json as Board;
  board.title = textOf(json.title, 'Untitled');
  board.uid = textOf(json.uid);
  board.tags = textsOf(json.tags);
  board.version = numberOf(json.version, 0);
  board.timezone = textOf(json.timezone);
  board.refresh = typeof json.refresh === 'string' ? json.refresh : '';
  board.links = links(json.links);
  const time = objectOf(json.time);
  board.time = { ...time, from: textOf(time.from, 'now-6h'), to: textOf(time.to, 'now') };
  const old = numberOf(json.schemaVersion, 0);
  if (old < SCHEMA_VERSION) board.schemaVersion = SCHEMA_VERSION;
  for (const key of ['id', 'gnetId', 'graphTooltip', 'fiscalYearStartMonth'])
    if (json[key] === null && key !== 'id' && key !== 'gnetId') delete json[key];

  const given = [...objectsOf(json.panels)];
  if (Array.isArray(json.rows)) {
    given.push(...panelsOfRows(objectsOf(json.rows)));
    delete json.rows;
    changes.push('rows became row panels on the 24-column grid');
  }
  board.panels = given.map((panel) => regularPanel(panel, changes));
  giveIds(board);
  placeUnplaced(board.panels);

  const templating = objectOf(json.templating);
  const variables = arrayOf(templating.list ?? json.templating).filter(isObject);
  board.templating = { ...templating, list: variables.filter((v) => textOf(v.name) !== '').map(regularVariable) };
  const annotations = objectOf(json.annotations);
  const marks = arrayOf(annotations.list ?? json.annotations).filter(isObject);
  board.annotations = { ...annotations, list: marks.map(regularAnnotation) };
  return board;
}

// "Prometheus", {uid}, null and ${DS_…} all mean a reference; null and "" mean the default.
export function datasourceRef(value: unknown, type?: string): DatasourceRef | undefined {
  if (isObject(value)) {
    const ref = { ...value } as DatasourceRef;
    for (const key of ['type', 'uid']) if (typeof ref[key] !== 'string') delete ref[key];
    return ref;
  }
  const name = textOf(value);
  if (name === '' || name === 'default') return undefined;
  return type === undefined ? { uid: name } : { type, uid: name };
}

function setDatasource(json: JsonObject): void {
  const ref = datasourceRef(json.datasource);
  if (ref === undefined) delete json.datasource;
  else json.datasource = ref;
}

function links(value: unknown): BoardLink[] {
  return objectsOf(value).map((link) => ({ ...link, title: textOf(link.title) }));
}

function regularPanel(json: JsonObject, changes: string[]): Panel {
  const panel = json as Panel;
  panel.type = textOf(json.type, 'timeseries');
  panel.title = textOf(json.title);
  setDatasource(json);
  panel.targets = objectsOf(json.targets).map(regularTarget);
  panel.options = objectOf(json.options);
  panel.fieldConfig = regularFieldConfig(json.fieldConfig);
  panel.transformations = objectsOf(json.transformations)
    .filter((t) => textOf(t.id) !== '')
    .map((t): Transformation => ({ ...t, id: textOf(t.id), options: objectOf(t.options) }));
  if (json.links !== undefined) panel.links = links(json.links);
  for (const key of ['repeat', 'timeFrom', 'timeShift', 'interval', 'description']) {
    if (json[key] === undefined) continue;
    if (textOf(json[key]) === '') delete json[key];
    else json[key] = textOf(json[key]);
  }
  for (const key of ['maxDataPoints', 'maxPerRow']) {
    const number = numberOf(json[key]);
    if (number === undefined) delete json[key];
    else json[key] = number;
  }
  if (json.repeatDirection !== undefined && json.repeatDirection !== 'v') panel.repeatDirection = 'h';
  if (panel.type === 'row' || json.panels !== undefined) {
    panel.collapsed = flagOf(json.collapsed);
    panel.panels = objectsOf(json.panels).map((inner) => regularPanel(inner, changes));
  }
  const change = upgradePanel(panel);
  if (change !== undefined) changes.push(`panel "${panel.title}": ${change}`);
  return panel;
}

function regularTarget(json: JsonObject, index: number): Target {
  const target = json as Target;
  target.refId = textOf(json.refId) || refIdOf(index);
  setDatasource(json);
  if (json.expr !== undefined) target.expr = textOf(json.expr);
  if (json.legendFormat !== undefined) target.legendFormat = textOf(json.legendFormat);
  return target;
}

// A, B, … Z, A1, B1, …
export function refIdOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letter + Math.floor(index / 26);
}

function regularFieldConfig(value: unknown): FieldConfigSource {
  const json = objectOf(value);
  const defaults = objectOf(json.defaults);
  if (defaults.mappings !== undefined) defaults.mappings = importMappings(defaults.mappings);
  if (defaults.thresholds !== undefined) defaults.thresholds = importThresholds(defaults.thresholds);
  for (const key of ['min', 'max', 'decimals']) {
    const number = numberOf(defaults[key]);
    if (number === undefined) delete defaults[key];
    else defaults[key] = number;
  }
  const overrides = objectsOf(json.overrides).map((override) => ({
    ...override,
    matcher: { ...objectOf(override.matcher), id: textOf(objectOf(override.matcher).id) },
    properties: objectsOf(override.properties).map((property) => {
      const id = textOf(property.id);
      const fixed: JsonObject & { id: string } = { ...property, id };
      if (id === 'mappings') fixed.value = importMappings(property.value);
      if (id === 'thresholds') fixed.value = importThresholds(property.value);
      return fixed;
    }),
  }));
  return { ...json, defaults, overrides };
}

function regularVariable(json: JsonObject): VariableJson {
  const variable = json as VariableJson;
  variable.name = textOf(json.name);
  variable.type = textOf(json.type, 'query');
  setDatasource(json);
  variable.hide = Math.min(Math.max(numberOf(json.hide, 0), 0), 3);
  if (typeof json.refresh === 'boolean') variable.refresh = json.refresh ? 1 : 0;
  if (json.regex === null) variable.regex = '';
  if (json.allValue === null) delete json.allValue;
  if (json.query === null) delete json.query;
  const current = objectOf(json.current);
  const values = current.value;
  const value = Array.isArray(values) ? textsOf(values) : textOf(values);
  const texts = current.text;
  const text = Array.isArray(texts) ? textsOf(texts) : textOf(texts, typeof value === 'string' ? value : '');
  variable.current = { ...current, text, value };
  if (json.options !== undefined)
    variable.options = objectsOf(json.options).map((option) => ({
      ...option,
      text: textOf(option.text),
      value: textOf(option.value),
    }));
  return variable;
}

function regularAnnotation(json: JsonObject): AnnotationJson {
  const mark = json as AnnotationJson;
  mark.name = textOf(json.name, 'Annotations');
  mark.enable = flagOf(json.enable, true);
  mark.iconColor = textOf(json.iconColor, 'blue');
  setDatasource(json);
  return mark;
}

// Ids are what links and the single-panel view use: each panel has one of its own.
function giveIds(board: Board): void {
  const used = new Set<number>();
  const every = board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  let next = every.reduce((highest, panel) => Math.max(highest, numberOf(panel.id, 0)), 0) + 1;
  for (const panel of every) {
    const id = numberOf(panel.id);
    panel.id = id === undefined || id <= 0 || !Number.isInteger(id) || used.has(id) ? next++ : id;
    used.add(panel.id);
  }
}
