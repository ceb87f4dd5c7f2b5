// The table of before Grafana 7: styles by the pattern of a column's name → field configuration and overrides.
import type { Panel, Transformation } from './board';
import { arrayOf, flagOf, numberOf, objectOf, objectsOf, textOf, textsOf } from './json';
import { oldMappings, setDefault, take } from './old_field_config';
import { regexOf } from '../field/overrides';
import { reducerColumn } from '../field/reducers';
import { REDUCERS } from './old_reducers';
import type { Say } from './note';
import { dataLinkJson } from './regular_links';

type Property = { id: string; value?: unknown };

export function upgradeTable(panel: Panel, say: Say): void {
  panel.type = 'table';
  const transform = textOf(take(panel, 'transform'));
  const columns = objectsOf(take(panel, 'columns'));
  const steps = transformationsOf(transform, columns, panel.targets.length);
  if (steps === undefined) say({ key: 'oldTransform', values: { name: transform } });
  else panel.transformations.unshift(...steps);
  const names = transform === 'timeseries_aggregations' ? madeNames(columns) : new Map<string, string>();
  const aliases = new Map<string, string>();
  for (const style of objectsOf(take(panel, 'styles'))) {
    const given = textOf(style.pattern);
    const properties = propertiesOf(style);
    // The style of all columns is what the others stand on.
    const every = given === '/.*/';
    for (const pattern of every ? [given] : patternsOf(given, names)) {
      if (textOf(style.alias) !== '') aliases.set(pattern, textOf(style.alias));
      if (pattern === '' || properties.length === 0) continue;
      if (every) for (const { id, value } of properties) setDefault(panel, id, value);
      else panel.fieldConfig.overrides.push({ matcher: isRegexp(pattern) ? { id: 'byRegexp', options: pattern } : { id: 'byName', options: pattern }, properties });
    }
  }
  // Columns were counted; of those that other steps make, nobody knows which will be where.
  const sort = objectOf(panel.sort);
  const sorted = [...names.values()][numberOf(sort.col, -1)];
  if (sorted !== undefined) {
    take(panel, 'sort');
    panel.options = { sortBy: [{ displayName: aliases.get(sorted) ?? sorted, desc: flagOf(sort.desc) }], ...panel.options };
  }
  panel.options = { showHeader: flagOf(take(panel, 'showHeader'), true), ...panel.options };
}

const isRegexp = (pattern: string) => /^\/.*\/[a-z]*$/.test(pattern);

// What a pattern of old columns is of the new ones: those of the names that it has, and itself, for columns with the same name still.
function patternsOf(pattern: string, names: ReadonlyMap<string, string>): string[] {
  if (!isRegexp(pattern)) return [names.get(pattern) ?? pattern];
  const test = regexOf(pattern);
  const made = test === undefined ? [] : [...names].filter(([old, now]) => test.test(old) && !test.test(now)).map(([, now]) => now);
  return [pattern, ...made];
}

// What the columns of aggregations were called → what the step calls them that makes them now.
function madeNames(columns: readonly object[]): Map<string, string> {
  const made = columns.flatMap((column): [string, string][] => {
    const { text, value } = objectOf(column);
    const calc = REDUCERS[textOf(value)];
    return calc === undefined ? [] : [[textOf(text) || textOf(value), reducerColumn(calc)]];
  });
  return new Map([['Metric', 'Field'], ...made]);
}

function transformationsOf(transform: string, columns: readonly object[], targets: number): Transformation[] | undefined {
  switch (transform) {
    case 'timeseries_to_rows':
      return [{ id: 'seriesToRows', options: {} }];
    case 'timeseries_to_columns':
      return [{ id: 'seriesToColumns', options: { byField: 'Time', mode: 'outer' } }];
    case 'timeseries_aggregations': {
      const reducers = columns.map((column) => REDUCERS[textOf(objectOf(column).value)]).filter((calc) => calc !== undefined);
      return [{ id: 'reduce', options: { mode: 'seriesToRows', reducers: reducers.length > 0 ? reducers : ['mean'], includeTimeField: false } }];
    }
    case '':
    case 'table':
      return targets > 1 || transform === 'table' ? [{ id: 'merge', options: {} }] : [];
    default:
      return undefined;
  }
}

function propertiesOf(style: Record<string, unknown>): Property[] {
  const out: Property[] = [];
  const add = (id: string, value: unknown) => out.push({ id, value });
  if (textOf(style.alias) !== '') add('displayName', textOf(style.alias));
  const type = textOf(style.type);
  if (type === 'hidden') add('custom.hidden', true);
  if (type === 'date') add('unit', `time: ${textOf(style.dateFormat, 'YYYY-MM-DD HH:mm:ss')}`);
  if (type === 'number') {
    if (textOf(style.unit) !== '') add('unit', textOf(style.unit));
    if (numberOf(style.decimals) !== undefined) add('decimals', numberOf(style.decimals));
  }
  const align = textOf(style.align, 'auto');
  if (align !== 'auto' && align !== '') add('custom.align', align);
  const mode = textOf(style.colorMode);
  const limits = (Array.isArray(style.thresholds) ? arrayOf(style.thresholds) : textsOf(style.thresholds)).map((v) => numberOf(v)).filter((v) => v !== undefined);
  if (mode !== '' && mode !== 'null' && type === 'number') {
    add('custom.cellOptions', { type: mode === 'value' ? 'color-text' : 'color-background' });
    const colors = textsOf(style.colors);
    if (limits.length > 0) add('thresholds', { mode: 'absolute', steps: [null, ...limits].map((value, i) => ({ color: colors[i] ?? ['green', 'orange', 'red'][i] ?? 'red', value })) });
  }
  if (flagOf(style.link) && textOf(style.linkUrl) !== '') add('links', [dataLinkJson(cell(textOf(style.linkTooltip)), cell(textOf(style.linkUrl)), flagOf(style.linkTargetBlank))]);
  const mappings = oldMappings({ ...style });
  if (mappings.length > 0) add('mappings', mappings);
  return out;
}

// `$__cell` was the cell itself, `$__cell_2` its neighbour in that column.
function cell(text: string): string {
  return text.replace(/\$\{?__cell_(\d+)(?::\w+)?\}?/g, '${__data.fields[$1]}').replace(/\$\{?__cell(?::raw)?\}?(?!\w)/g, '${__value.raw}');
}
