// A panel with the board's variables filled in where it is drawn from its texts: what transformations do, how wide a heatmap
// counts and how fields are called. Queries, links and titles are filled in where they are used; what names a field's own values stays for later.
import type { Panel } from './board';
import { interpolate } from './interpolate';
import { isObject } from './json';
import type { Scope } from './scope';

// Of a field, the texts in which a variable means its value.
const TEXTS = new Set(['displayName', 'noValue', 'custom.axisLabel']);
// "$" means the end there, or a group.
const PATTERNS = new Set(['regex', 'regExp', 'renamePattern']);

/** Whether filling in can change anything: of most panels, never. */
export function hasTexts(panel: Panel): boolean {
  return /\$[\w{]|\[\[[a-z_]/i.test(JSON.stringify([panel.transformations.map((step) => step.options), panel.options.calculation, textsOf(panel)]));
}

function textsOf({ fieldConfig }: Panel): unknown[] {
  const { displayName, noValue, custom } = fieldConfig.defaults;
  return [displayName, noValue, isObject(custom) ? custom.axisLabel : undefined, ...fieldConfig.overrides.flatMap(({ properties }) => properties.filter(({ id }) => TEXTS.has(id)).map(({ value }) => value))].filter((text) => text !== undefined);
}

export function filledPanel(panel: Panel, scope: Scope): Panel {
  if (!hasTexts(panel)) return panel;
  const fill = (text: unknown) => (typeof text === 'string' ? interpolate(text, scope) : text);
  const deep = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return PATTERNS.has(key) ? value : fill(value);
    if (Array.isArray(value)) return value.map((item) => deep(item, key));
    if (!isObject(value)) return value;
    // Of a filter by value, the pattern is its "value".
    const pattern = value.id === 'regex';
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, pattern ? item : deep(item, name)]));
  };
  const { defaults, overrides } = panel.fieldConfig;
  const filled = { ...defaults };
  for (const key of ['displayName', 'noValue'] as const) if (filled[key] !== undefined) filled[key] = fill(filled[key]);
  if (isObject(filled.custom) && filled.custom.axisLabel !== undefined) filled.custom = { ...filled.custom, axisLabel: fill(filled.custom.axisLabel) };
  return {
    ...panel,
    ...(panel.options.calculation === undefined ? {} : { options: { ...panel.options, calculation: deep(panel.options.calculation, '') } }),
    transformations: panel.transformations.map((step) => ({ ...step, options: deep(step.options, '') as typeof step.options })),
    fieldConfig: {
      ...panel.fieldConfig,
      defaults: filled,
      overrides: overrides.map((override) => ({ ...override, properties: override.properties.map((property) => (TEXTS.has(property.id) ? { ...property, value: fill(property.value) } : property)) })),
    },
  };
}
