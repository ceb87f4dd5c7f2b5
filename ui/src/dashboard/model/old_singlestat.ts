// Singlestat panels, and the settings of the stats and gauges of Grafana 6.
import type { Panel } from './board';
import { arrayOf, flagOf, isObject, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from './json';
import { importMappings, importThresholds, oldMappings, setDefault, take } from './old_field_config';
import { REDUCERS } from './old_reducers';
import type { Said, Say } from './note';

export function upgradeSinglestat(panel: Panel, say: Say): Said {
  const gauge = objectOf(take(panel, 'gauge'));
  const asGauge = flagOf(gauge.show);
  panel.type = asGauge ? 'gauge' : 'stat';
  const unit = textOf(take(panel, 'format'));
  if (unit !== '' && unit !== 'none') setDefault(panel, 'unit', unit);
  affixes(panel, say);
  setDefault(panel, 'decimals', numberOf(take(panel, 'decimals')));
  const mappings = oldMappings(panel);
  if (mappings.length > 0 && panel.fieldConfig.defaults.mappings === undefined) setDefault(panel, 'mappings', mappings);
  const noValue = textOf(take(panel, 'nullText'));
  if (noValue !== '') setDefault(panel, 'noValue', noValue);
  if (asGauge) {
    setDefault(panel, 'min', numberOf(gauge.minValue, 0));
    setDefault(panel, 'max', numberOf(gauge.maxValue, 100));
  }
  const colors = textsOf(take(panel, 'colors'));
  const given = take(panel, 'thresholds');
  const limits = (Array.isArray(given) ? given : textOf(given).split(',')).map((v) => numberOf(v)).filter((v) => v !== undefined);
  if (limits.length > 0)
    setDefault(panel, 'thresholds', {
      mode: 'absolute',
      steps: [null, ...limits].map((value, i) => ({ color: colors[i] ?? ['green', 'orange', 'red'][i] ?? 'red', value })),
    });
  const background = flagOf(take(panel, 'colorBackground'));
  const value = flagOf(take(panel, 'colorValue'));
  const sparkline = objectOf(take(panel, 'sparkline'));
  const name = textOf(take(panel, 'valueName'), 'avg');
  const column = textOf(take(panel, 'tableColumn'));
  panel.options = {
    reduceOptions: { calcs: [REDUCERS[name] ?? 'mean'], fields: column === '' ? '' : `/^${column.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$/`, values: false },
    ...(asGauge
      ? { showThresholdMarkers: flagOf(gauge.thresholdMarkers, true), showThresholdLabels: flagOf(gauge.thresholdLabels) }
      : { colorMode: background ? 'background' : value ? 'value' : 'none', graphMode: flagOf(sparkline.show) ? 'area' : 'none', ...(name === 'name' ? { textMode: 'name' } : {}) }),
    ...panel.options,
  };
  return { key: 'singlestat', values: { now: asGauge ? 'gauge' : 'stat' } };
}

// Texts beside the value are a unit of their own, where it has none; there is no place for both.
function affixes(panel: Panel, say: Say): void {
  const [prefix, postfix] = [textOf(take(panel, 'prefix')), textOf(take(panel, 'postfix'))];
  const { unit } = panel.fieldConfig.defaults;
  const free = unit === undefined || unit === 'none' || unit === 'short';
  if (prefix !== '' && postfix === '' && free) setDefault(panel, 'unit', `prefix:${prefix}`);
  else if (postfix !== '' && free) {
    setDefault(panel, 'unit', `suffix:${postfix}`);
    if (prefix !== '') say({ key: 'prefix', values: { text: prefix } });
  } else if (prefix !== '' && postfix !== '') say({ key: 'besideBoth', values: { prefix, postfix, unit: textOf(unit) } });
  else if (prefix !== '' || postfix !== '') say({ key: 'beside', values: { text: prefix || postfix, unit: textOf(unit) } });
}

// Grafana 6 kept fields in the options: {fieldOptions: {calcs, defaults, override, values}}; before 6.2 {valueOptions, thresholds, valueMappings}.
export function upgradeFieldOptions(panel: Panel): Said | undefined {
  const { options } = panel;
  const { defaults } = panel.fieldConfig;
  const before = JSON.stringify(Object.keys(options));
  if (isObject(options.valueOptions) || Array.isArray(options.thresholds) || Array.isArray(options.valueMappings) || options.minValue !== undefined || options.maxValue !== undefined) {
    const old = objectOf(take(options, 'valueOptions'));
    const unit = textOf(old.prefix) !== '' && textOf(old.unit) === '' ? `prefix:${textOf(old.prefix)}` : textOf(old.suffix) !== '' && textOf(old.unit) === '' ? `suffix:${textOf(old.suffix)}` : textOf(old.unit);
    fill(defaults, 'unit', unit);
    fill(defaults, 'decimals', numberOf(old.decimals));
    fill(defaults, 'min', numberOf(take(options, 'minValue')));
    fill(defaults, 'max', numberOf(take(options, 'maxValue')));
    const steps = take(options, 'thresholds');
    if (Array.isArray(steps)) fill(defaults, 'thresholds', importThresholds(sorted(steps)));
    const mappings = take(options, 'valueMappings');
    if (Array.isArray(mappings)) fill(defaults, 'mappings', importMappings(mappings));
    options.reduceOptions ??= { calcs: [REDUCERS[textOf(old.stat)] ?? textOf(old.stat, 'mean')], fields: '', values: false };
  }
  if (isObject(options.fieldOptions)) {
    const old = objectOf(take(options, 'fieldOptions'));
    const own = { ...objectOf(old.override), ...objectOf(old.defaults) };
    if (own.title !== undefined) fill(defaults, 'displayName', textOf(own.title));
    for (const key of ['unit', 'displayName', 'noValue', 'color', 'links']) fill(defaults, key, own[key]);
    for (const key of ['decimals', 'min', 'max']) fill(defaults, key, numberOf(own[key]));
    const thresholds = own.thresholds ?? old.thresholds;
    if (thresholds !== undefined) fill(defaults, 'thresholds', importThresholds(Array.isArray(thresholds) ? sorted(thresholds) : thresholds));
    const mappings = own.mappings ?? old.mappings;
    if (Array.isArray(mappings) && mappings.length > 0) fill(defaults, 'mappings', importMappings(mappings));
    const calcs = textsOf(old.calcs);
    options.reduceOptions ??= { calcs: calcs.length > 0 ? calcs : ['mean'], fields: textOf(old.fields), values: flagOf(old.values), ...(numberOf(old.limit) === undefined ? {} : { limit: numberOf(old.limit) }) };
  }
  return JSON.stringify(Object.keys(options)) === before ? undefined : { key: 'oldFields' };
}

function fill(defaults: JsonObject, key: string, value: unknown): void {
  if (value !== undefined && value !== null && value !== '' && defaults[key] === undefined) defaults[key] = value;
}

// Their order was another one: an index said which came first.
function sorted(steps: unknown): JsonObject[] {
  return objectsOf(arrayOf(steps)).sort((a, b) => numberOf(a.value, -Infinity) - numberOf(b.value, -Infinity));
}
