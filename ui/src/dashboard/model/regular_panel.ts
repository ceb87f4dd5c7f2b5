// A panel of any age → today's form. What is understood moves, what is not known stays.
import type { DatasourceRef, FieldConfigSource, Panel, Target, Transformation } from './board';
import { DEFAULTS_FIELDS, mend, only, PANEL_FIELDS, ROW_FIELDS, TRANSFORMATION_FIELDS, unknownKeys } from './fields';
import type { ImportNotes } from './import_notes';
import type { Place, Said } from './note';
import { arrayOf, flagOf, isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json';
import { importMappings, importThresholds } from './old_field_config';
import { RETIRED_OF_PANELS, upgradePanel } from './old_panels';
import { PANEL_TYPES } from './panel_types';
import { regularLinks } from './regular_links';

// Names that Grafana's own sources go by.
const BUILT_IN: Record<string, DatasourceRef> = {
  '-- Mixed --': { type: 'datasource', uid: '-- Mixed --' },
  '-- Dashboard --': { type: 'datasource', uid: '-- Dashboard --' },
  '-- Grafana --': { type: 'grafana', uid: '-- Grafana --' },
};

// "Prometheus", {uid}, null and ${DS_…} all mean a reference; null and "" mean the default.
export function datasourceRef(value: unknown): DatasourceRef | undefined {
  if (isObject(value)) {
    const ref = only(value, { type: word, uid: word, apiVersion: word }) as DatasourceRef;
    return Object.keys(ref).length === 0 ? undefined : ref;
  }
  const name = textOf(value);
  if (name === '' || name === 'default') return undefined;
  return Object.hasOwn(BUILT_IN, name) ? { ...BUILT_IN[name]! } : { uid: name };
}

function word(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function setDatasource(json: JsonObject): void {
  const ref = datasourceRef(json.datasource);
  if (ref === undefined) delete json.datasource;
  else json.datasource = ref;
}

export function regularPanel(json: JsonObject, notes: ImportNotes): Panel {
  const panel = json as Panel;
  panel.type = textOf(json.type, 'timeseries') || 'timeseries';
  panel.title = textOf(json.title);
  const where: Place = panel.title === '' ? { key: 'untitled', values: { type: panel.type } } : { key: 'panel', values: { title: panel.title } };
  const say = (said: Said) => notes.say(said, where);
  setDatasource(json);
  const given = { targets: json.targets, panels: json.panels };
  panel.targets = objectsOf(json.targets).map(regularTarget);
  tellStrays(given.targets, panel.targets.length, notes, where, { key: 'queries' });
  giveRefIds(panel.targets);
  panel.options = objectOf(json.options);
  panel.fieldConfig = regularFieldConfig(json.fieldConfig, say);
  const steps = objectsOf(json.transformations).filter((t) => textOf(t.id) !== '');
  tellStrays(json.transformations, steps.length, notes, where, { key: 'transformations' });
  panel.transformations = steps.map((t): Transformation => {
    mend(t, TRANSFORMATION_FIELDS, (key) => say({ key: 'lostStep', values: { key, id: textOf(t.id) } }));
    return { ...t, id: textOf(t.id), options: objectOf(t.options) };
  });
  if (json.links !== undefined) panel.links = regularLinks(json.links, where, notes);
  // Panels once said how narrow a copy may get; now, how many stand side by side.
  const narrow = numberOf(json.minSpan);
  if (narrow !== undefined && narrow > 0 && numberOf(json.maxPerRow) === undefined) json.maxPerRow = Math.min(24, Math.max(1, Math.round(24 / narrow)));
  const row = panel.type === 'row';
  if (row) {
    panel.collapsed = flagOf(json.collapsed, flagOf(json.collapse));
    panel.panels = objectsOf(json.panels).map((inner) => regularPanel(inner, notes));
    tellStrays(given.panels, panel.panels.length, notes, where, { key: 'panels' });
  }
  const change = upgradePanel(panel, say);
  if (change !== undefined) say(change);
  mend(json, row ? ROW_FIELDS : PANEL_FIELDS, (key) => say({ key: 'lost', values: { key } }));
  if (row || PANEL_TYPES.has(panel.type)) {
    const known = row ? ROW_FIELDS : { ...PANEL_FIELDS, panels: (value: unknown) => value };
    for (const key of unknownKeys(json, known)) {
      if (!RETIRED_OF_PANELS.has(key) && !(row && Object.hasOwn(PANEL_FIELDS, key))) continue;
      delete json[key];
      notes.retire(key);
    }
  }
  return panel;
}

// Entries of a list that are no objects say nothing.
export function tellStrays(given: unknown, kept: number, notes: ImportNotes, ...where: readonly Place[]): void {
  const strays = (given === undefined || given === null ? 0 : Array.isArray(given) ? given.length : 1) - kept;
  if (strays > 0) notes.say({ key: 'strays', values: { n: strays } }, ...where);
}

function regularTarget(json: JsonObject): Target {
  const target = json as Target;
  target.refId = textOf(json.refId);
  setDatasource(json);
  for (const key of ['expr', 'legendFormat', 'interval', 'format']) {
    if (json[key] === undefined) continue;
    if (json[key] === null) delete json[key];
    else json[key] = textOf(json[key]);
  }
  for (const key of ['hide', 'instant', 'range', 'exemplar']) if (json[key] !== undefined && typeof json[key] !== 'boolean') delete json[key];
  return target;
}

// Each query has a name of its own, as expressions and overrides call it.
function giveRefIds(targets: Target[]): void {
  const used = new Set(targets.map((target) => target.refId));
  const seen = new Set<string>();
  targets.forEach((target, index) => {
    if (target.refId === '' || seen.has(target.refId)) {
      let i = index;
      while (used.has(refIdOf(i))) i++;
      target.refId = refIdOf(i);
      used.add(target.refId);
    }
    seen.add(target.refId);
  });
}

// A, B, … Z, A1, B1, …
export function refIdOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letter + Math.floor(index / 26);
}

function regularFieldConfig(value: unknown, say: (said: Said) => void): FieldConfigSource {
  const json = objectOf(value);
  const defaults = objectOf(json.defaults);
  const lostMappings = (n: number) => say({ key: 'lostMappings', values: { n } });
  // Fields of Grafana 6 and 7.
  if (defaults.title !== undefined && defaults.displayName === undefined) defaults.displayName = defaults.title;
  for (const key of ['title', 'nullValueMode']) delete defaults[key];
  if (defaults.mappings !== undefined) defaults.mappings = importMappings(defaults.mappings, lostMappings);
  if (defaults.thresholds !== undefined) defaults.thresholds = importThresholds(defaults.thresholds);
  mend(defaults, DEFAULTS_FIELDS, (key) => say({ key: 'lostField', values: { key } }));
  const given = arrayOf(json.overrides);
  const overrides = given.filter(isObject).map((override) => {
    const matcher = objectOf(override.matcher);
    return {
      ...override,
      matcher: { ...matcher, id: textOf(matcher.id) },
      properties: objectsOf(override.properties).map((property) => {
        const id = textOf(property.id) === 'title' ? 'displayName' : textOf(property.id);
        const fixed: JsonObject & { id: string } = property.value === undefined ? { id } : { id, value: property.value };
        if (id === 'mappings') fixed.value = importMappings(property.value, lostMappings);
        if (id === 'thresholds') fixed.value = importThresholds(property.value);
        return fixed;
      }),
    };
  });
  if (overrides.length < given.length) say({ key: 'lostOverrides', values: { n: given.length - overrides.length } });
  return { ...json, defaults, overrides };
}
