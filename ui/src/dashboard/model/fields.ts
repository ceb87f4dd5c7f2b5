// The fields that Grafana's format names, with what each may hold. A value of another type is brought to it where that
// has one meaning; what has none is left out and said.
import { SCHEMA_VERSION } from './board';
import { arrayOf, isObject, numberOf, objectsOf, textOf, textsOf, type JsonObject } from './json';

type Mend = (value: unknown) => unknown; // undefined: there is nothing to make of it
export type Fields = Readonly<Record<string, Mend>>;

const text: Mend = (value) => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined);
const word: Mend = (value) => text(value) || undefined;
const flag: Mend = (value) => (typeof value === 'boolean' ? value : value === 'true' || value === 1 ? true : value === 'false' || value === 0 ? false : undefined);
const number: Mend = (value) => numberOf(value);
const object: Mend = (value) => (isObject(value) ? value : undefined);
const texts: Mend = (value) => (Array.isArray(value) || typeof value === 'string' ? textsOf(value) : undefined);
const any: Mend = (value) => value;
const within = (low: number, high: number): Mend => (value) => {
  const found = typeof value === 'boolean' ? Number(value) : numberOf(value);
  return found === undefined ? undefined : Math.min(high, Math.max(low, Math.trunc(found)));
};
const oneOf = (...values: string[]): Mend => (value) => (values.includes(textOf(value)) ? value : undefined);
const range: Mend = (value) => (isObject(value) ? only(value, { display: text, from: text, to: text }, { display: '', from: '', to: '' }) : undefined);

// These keys and no others, with what they must not lack.
export function only(json: JsonObject, fields: Fields, required: JsonObject = {}): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(fields)) {
    const value = Object.hasOwn(json, key) ? fields[key]!(json[key]) : undefined;
    if (value !== undefined) out[key] = value;
    else if (Object.hasOwn(required, key)) out[key] = required[key];
  }
  return out;
}

// In place; `lost` hears of each value that could not be kept. None is lost with null, which says as much as nothing.
export function mend(json: JsonObject, fields: Fields, lost: (key: string) => void): void {
  for (const key of Object.keys(json)) {
    if (!Object.hasOwn(fields, key)) continue;
    const given = json[key];
    const value = fields[key]!(given);
    if (value !== undefined) json[key] = value;
    else {
      delete json[key];
      if (given !== null && given !== undefined && given !== '') lost(key);
    }
  }
}

export function unknownKeys(json: JsonObject, ...known: Fields[]): string[] {
  return Object.keys(json).filter((key) => json[key] !== undefined && !known.some((fields) => Object.hasOwn(fields, key)));
}

export const BOARD_FIELDS: Fields = {
  id: (value) => (value === null ? null : numberOf(value)), uid: text, title: text, description: text, editable: flag,
  fiscalYearStartMonth: within(0, 11), gnetId: word, graphTooltip: within(0, 2), links: any, liveNow: flag, panels: any, preload: flag,
  refresh: text, revision: number, schemaVersion: (value) => numberOf(value, SCHEMA_VERSION), snapshot: object, tags: texts, templating: any,
  annotations: any, time: object, timepicker: timepicker, timezone: text, version: number, weekStart: text,
};

// Of pickers of before Grafana 5; nothing has read them since.
export const RETIRED_OF_PICKERS = ['time_options', 'now', 'enable', 'collapse', 'notice', 'status', 'type'];

function timepicker(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const fields: Fields = { hidden: flag, nowDelay: word, refresh_intervals: texts, quick_ranges: (list) => (Array.isArray(list) ? objectsOf(list).map(range) : undefined) };
  return only(value, fields);
}

export const PANEL_FIELDS: Fields = {
  id: any, type: any, title: any, gridPos: any, targets: any, options: any, fieldConfig: any, transformations: any, datasource: any, links: any,
  cacheTimeout: word, description: word, hideTimeOverride: flag, interval: word, libraryPanel: library, maxDataPoints: number, maxPerRow: number,
  pluginVersion: text, queryCachingTTL: number, repeat: word, repeatDirection: oneOf('h', 'v'), timeFrom: word, timeShift: word, transparent: flag,
  alert: object, // of before Grafana 9: kept for the report and for whoever turns it into a rule
};

function library(value: unknown): unknown {
  return isObject(value) ? { name: textOf(value.name), uid: textOf(value.uid) } : undefined;
}

export const ROW_FIELDS: Fields = {
  id: any, type: any, title: any, gridPos: any, datasource: any, collapsed: flag, panels: any, repeat: word,
  targets: any, options: any, fieldConfig: any, transformations: any, // made for every panel, and not written for rows
};

export const DEFAULTS_FIELDS: Fields = {
  color: (value) => (typeof value === 'string' && value !== '' ? { mode: 'fixed', fixedColor: value } : isObject(value) ? color(value) : undefined),
  custom: object, decimals: number, description: word, displayName: word, displayNameFromDS: word, filterable: flag,
  links: (value) => (Array.isArray(value) ? objectsOf(value) : undefined), mappings: any, max: number, min: number, noValue: text, path: word,
  thresholds: any, unit: word, writeable: flag,
  fieldMinMax: flag, actions: arrayOf, // Grafana saves these too, though its types do not name them
};

// A colour without a mode is the colour it names.
function color(value: JsonObject): unknown {
  const fields: Fields = { mode: word, fixedColor: word, seriesBy: oneOf('min', 'max', 'last') };
  const out = only(value, fields);
  if (out.mode === undefined && out.fixedColor !== undefined) out.mode = 'fixed';
  return out.mode === undefined ? undefined : out;
}

const option: Mend = (value) => (isObject(value) ? variableOption(value) : undefined);

function variableOption(json: JsonObject): JsonObject {
  const one: Mend = (value) => (Array.isArray(value) ? textsOf(value) : text(value));
  const out = only(json, { selected: flag, text: one, value: one }, { value: '' });
  out.text ??= out.value;
  return out;
}

export const VARIABLE_FIELDS: Fields = {
  allValue: text, allowCustomValue: flag, current: (value) => (isObject(value) ? variableOption(value) : variableOption({ value })), datasource: any,
  description: word, hide: within(0, 3), includeAll: flag, label: word, multi: flag, name: any, options: (value) => (Array.isArray(value) ? value.map(option).filter(isObject) : undefined),
  query: (value) => (isObject(value) ? value : text(value)), refresh: within(0, 2), regex: text, skipUrlSync: flag, sort: within(0, 8),
  staticOptions: (value) => (Array.isArray(value) ? value.map(option).filter(isObject) : undefined), staticOptionsOrder: oneOf('before', 'after', 'sorted'), type: any,
  // Grafana saves these too, though its types do not name them.
  definition: text, auto: flag, auto_count: number, auto_min: text, filters: arrayOf, baseFilters: arrayOf, defaultKeys: any, defaultValue: any,
  enabledValue: text, disabledValue: text, applyMode: text, regexApplyTo: text,
};

// What the form of a variable once held, and what only the page needed.
export const RETIRED_OF_VARIABLES = ['useTags', 'tagsQuery', 'tagValuesQuery', 'tags', 'tagsQueryText', 'refresh_on_load', 'allFormat', 'multiFormat', 'hideLabel', 'hideVariable', 'id', 'rootStateKey', 'global', 'index', 'state', 'error', 'initLock', 'datasourceName'];

export const ANNOTATION_FIELDS: Fields = {
  builtIn: (value) => (typeof value === 'boolean' ? Number(value) : numberOf(value)), datasource: any, enable: flag,
  filter: (value) => (isObject(value) ? only(value, { exclude: flag, ids: (ids) => arrayOf(ids).map((id) => numberOf(id)).filter((id) => id !== undefined) }, { ids: [] }) : undefined),
  hide: flag, iconColor: word, name: any, target: object, type: word, snapshotData: any,
  // Of Prometheus' annotations.
  titleFormat: text, textFormat: text, tagKeys: text, useValueForTime: flag, mappings: any,
};

export const RETIRED_OF_ANNOTATIONS = ['showIn', 'showLine', 'lineColor', 'iconSize', 'limit', 'matchAny', 'tags', 'step', 'expr', 'placement'];

export const LINK_FIELDS: Fields = {
  asDropdown: flag, icon: text, includeVars: flag, keepTime: flag, tags: texts, targetBlank: flag, title: text, tooltip: text, type: oneOf('link', 'dashboards'), url: text,
  placement: text,
};

export const TRANSFORMATION_FIELDS: Fields = { disabled: flag, filter: (value) => (isObject(value) && textOf(value.id) !== '' ? { ...value, id: textOf(value.id) } : undefined), id: any, options: any, topic: oneOf('series', 'annotations', 'alertStates') };

// Of the board, where they once were.
export const RETIRED_OF_BOARDS = ['style', 'hideControls', 'sharedCrosshair', 'iteration', 'originalTitle', 'nav', 'services', 'loader', 'pulldowns', 'overwrite', 'scopedVars', 'meta', '__requires', '__inputs', '__elements', 'hideAllLegends', 'isNew'];
