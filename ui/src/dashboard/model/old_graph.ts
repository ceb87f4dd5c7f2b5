// The graph panel of before Grafana 8 → time series, bar chart or histogram.
import type { Panel } from './board';
import { flagOf, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from './json';
import { setDefault, take } from './old_field_config';
import { REDUCERS } from './old_reducers';
import type { Said, Say } from './note';

export function upgradeGraph(panel: Panel, say: Say): Said {
  const became = typeOf(panel, say);
  panel.type = became;
  if (!Array.isArray(panel.yaxes)) oldAxes(panel);
  const lines = flagOf(take(panel, 'lines'), true);
  const bars = flagOf(take(panel, 'bars'));
  const points = flagOf(take(panel, 'points'));
  setDefault(panel, 'custom.drawStyle', bars ? 'bars' : lines ? 'line' : 'points');
  setDefault(panel, 'custom.fillOpacity', Math.min(100, numberOf(take(panel, 'fill'), 1) * 10));
  const gradient = numberOf(take(panel, 'fillGradient'), 0);
  if (gradient > 0) {
    setDefault(panel, 'custom.gradientMode', 'opacity');
    setDefault(panel, 'custom.fillOpacity', Math.min(100, gradient * 10));
  }
  const [dash, space] = [numberOf(take(panel, 'dashLength'), 10), numberOf(take(panel, 'spaceLength'), 10)];
  if (take(panel, 'dashes') === true) setDefault(panel, 'custom.lineStyle', { fill: 'dash', dash: [dash, space] });
  setDefault(panel, 'custom.lineWidth', lines || bars ? numberOf(take(panel, 'linewidth'), 1) : 0);
  setDefault(panel, 'custom.showPoints', points ? 'always' : 'never');
  setDefault(panel, 'custom.pointSize', numberOf(take(panel, 'pointradius'), 2) * 2 + 1);
  if (flagOf(take(panel, 'steppedLine'))) setDefault(panel, 'custom.lineInterpolation', 'stepAfter');
  const nulls = take(panel, 'nullPointMode');
  setDefault(panel, 'custom.spanNulls', nulls === 'connected');
  if (nulls === 'null as zero') setDefault(panel, 'noValue', '0');
  const stack = flagOf(take(panel, 'stack'));
  const percent = flagOf(take(panel, 'percentage'));
  if (stack) setDefault(panel, 'custom.stacking', { mode: percent ? 'percent' : 'normal', group: 'A' });

  const axes = objectsOf(take(panel, 'yaxes'));
  const axis = axes[0] ?? {};
  applyAxis(axis, (path, value) => setDefault(panel, path, value));
  if (numberOf(axis.decimals) === undefined) setDefault(panel, 'decimals', numberOf(take(panel, 'decimals')));
  if (objectOf(take(panel, 'yaxis')).align === true) say({ key: 'axesAligned' });
  const legend = objectOf(take(panel, 'legend'));
  const calcs = ['min', 'max', 'avg', 'current', 'total'].filter((key) => flagOf(legend[key]));
  const tooltip = objectOf(take(panel, 'tooltip'));
  panel.options = {
    legend: {
      displayMode: flagOf(legend.alignAsTable) ? 'table' : 'list',
      placement: flagOf(legend.rightSide) ? 'right' : 'bottom',
      showLegend: flagOf(legend.show, true),
      calcs: flagOf(legend.values) ? calcs.map((key) => REDUCERS[key]!) : [],
      ...(flagOf(legend.rightSide) && numberOf(legend.sideWidth) !== undefined ? { width: numberOf(legend.sideWidth) } : {}),
      ...(flagOf(legend.values) && REDUCERS[textOf(legend.sort)] !== undefined ? { sortBy: SORT_NAMES[textOf(legend.sort)] ?? 'Name', sortDesc: flagOf(legend.sortDesc) } : {}),
    },
    tooltip: { mode: tooltip.shared === false ? 'single' : 'multi', sort: ['none', 'asc', 'desc'][numberOf(tooltip.sort, 0)] ?? 'none' },
    ...panel.options,
  };
  if (stack && tooltip.value_type === 'cumulative') say({ key: 'cumulative' });
  graphThresholds(panel);
  for (const [key, reducer] of [['hideEmpty', 'allIsNull'], ['hideZero', 'allIsZero']] as const)
    if (flagOf(legend[key])) panel.fieldConfig.overrides.push({ matcher: { id: 'byValue', options: { reducer, op: 'gte', value: 0 } }, properties: [{ id: 'custom.hideFrom', value: { legend: true, tooltip: true, viz: false } }] });
  const second = axes[1] ?? {};
  for (const rule of objectsOf(take(panel, 'seriesOverrides'))) seriesOverride(panel, rule, second, say);
  for (const [name, color] of Object.entries(objectOf(take(panel, 'aliasColors'))))
    panel.fieldConfig.overrides.push({
      matcher: { id: 'byName', options: name },
      properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: textOf(color) } }],
    });
  return { key: 'oldGraph', values: { now: became } };
}

const SORT_NAMES: Record<string, string> = { min: 'Min', max: 'Max', avg: 'Mean', current: 'Last *', total: 'Total' };

// A graph over names or over values was another kind of panel, as it is today.
function typeOf(panel: Panel, say: Say): 'timeseries' | 'barchart' | 'histogram' {
  const axis = objectOf(take(panel, 'xaxis'));
  if (objectsOf(panel.timeRegions).length > 0) say({ key: 'timeRegions' });
  take(panel, 'timeRegions');
  if (axis.show === false) setDefault(panel, 'custom.axisPlacement', 'auto');
  if (axis.mode === 'histogram') {
    if (numberOf(axis.buckets) !== undefined) panel.options.bucketCount = numberOf(axis.buckets);
    return 'histogram';
  }
  if (axis.mode !== 'series') return 'timeseries';
  // One bar a series, of its reduced value.
  const calc = REDUCERS[textsOf(axis.values)[0] ?? 'total'] ?? 'sum';
  panel.transformations.push({ id: 'reduce', options: { mode: 'seriesToRows', reducers: [calc], includeTimeField: false } });
  return 'barchart';
}

// Before Grafana 3 the axes were two units and a grid.
function oldAxes(panel: Panel): void {
  const units = textsOf(take(panel, 'y_formats'));
  const grid = objectOf(take(panel, 'grid'));
  if (units.length === 0 && Object.keys(grid).length === 0) return;
  const side = (name: string, i: number): JsonObject => ({ format: units[i] ?? '', min: grid[`${name}Min`], max: grid[`${name}Max`], logBase: grid[`${name}LogBase`], label: take(panel, `${name}YAxisLabel`) });
  panel.yaxes = [side('left', 0), side('right', 1)];
  const limits = [[grid.threshold1, 'warning'], [grid.threshold2, 'critical']].filter(([value]) => numberOf(value) !== undefined);
  if (limits.length > 0 && !Array.isArray(panel.thresholds)) panel.thresholds = limits.map(([value, colorMode]) => ({ value, colorMode, op: 'gt', line: grid.thresholdLine === true, fill: grid.thresholdLine !== true }));
}

function applyAxis(axis: JsonObject, set: (path: string, value: unknown) => void): void {
  const unit = textOf(axis.format);
  if (unit !== '') set('unit', unit);
  if (numberOf(axis.min) !== undefined) set('min', numberOf(axis.min));
  if (numberOf(axis.max) !== undefined) set('max', numberOf(axis.max));
  if (numberOf(axis.decimals) !== undefined) set('decimals', numberOf(axis.decimals));
  if (textOf(axis.label) !== '') set('custom.axisLabel', textOf(axis.label));
  const base = numberOf(axis.logBase, 1);
  if (base > 1) set('custom.scaleDistribution', { type: 'log', log: base });
  if (axis.show === false) set('custom.axisPlacement', 'hidden');
}

// Old graph thresholds are lines or regions: {value, op, colorMode, line, fill}.
function graphThresholds(panel: Panel): void {
  const given = objectsOf(panel.thresholds).filter((t) => numberOf(t.value) !== undefined);
  if (!Array.isArray(panel.thresholds)) return;
  delete panel.thresholds;
  if (given.length === 0) return;
  const colors: Record<string, string> = { critical: 'red', warning: 'orange', ok: 'green' };
  const steps: JsonObject[] = [{ color: 'transparent', value: null }];
  for (const t of given.sort((a, b) => numberOf(a.value, 0) - numberOf(b.value, 0))) {
    const color = colors[textOf(t.colorMode)] ?? textOf(t.lineColor, 'red');
    if (t.op === 'lt') {
      steps[steps.length - 1]!.color = color;
      steps.push({ color: 'transparent', value: numberOf(t.value, 0) });
    } else {
      steps.push({ color, value: numberOf(t.value, 0) });
    }
  }
  setDefault(panel, 'thresholds', { mode: 'absolute', steps });
  const fill = given.some((t) => t.fill === true);
  setDefault(panel, 'custom.thresholdsStyle', { mode: given.some((t) => t.line !== false) ? (fill ? 'line+area' : 'line') : 'area' });
}

function seriesOverride(panel: Panel, rule: JsonObject, second: JsonObject, say: Say): void {
  const alias = textOf(rule.alias);
  if (alias === '') return;
  const matcher = alias.startsWith('/') ? { id: 'byRegexp', options: alias } : { id: 'byName', options: alias };
  const properties: { id: string; value?: unknown }[] = [];
  const set = (id: string, value: unknown) => properties.push({ id, value });
  if (numberOf(rule.yaxis) === 2) {
    set('custom.axisPlacement', 'right');
    applyAxis(second, set);
    // Its ends are not those of the left one.
    for (const end of ['min', 'max'] as const) if (numberOf(objectOf(panel.fieldConfig.defaults)[end]) !== undefined && !properties.some(({ id }) => id === end)) set(end, null);
  }
  if (numberOf(rule.fill) !== undefined) set('custom.fillOpacity', numberOf(rule.fill, 1) * 10);
  if (numberOf(rule.linewidth) !== undefined) set('custom.lineWidth', numberOf(rule.linewidth, 1));
  if (rule.lines === false && rule.bars !== true && rule.points !== true) set('custom.lineWidth', 0);
  if (rule.points === true && rule.lines !== false) set('custom.showPoints', 'always');
  if (numberOf(rule.pointradius) !== undefined) set('custom.pointSize', numberOf(rule.pointradius, 2) * 2 + 1);
  if (typeof rule.steppedLine === 'boolean') set('custom.lineInterpolation', rule.steppedLine ? 'stepAfter' : 'linear');
  if (textOf(rule.nullPointMode) !== '') set('custom.spanNulls', rule.nullPointMode === 'connected');
  if (numberOf(rule.fillGradient, 0) > 0) set('custom.gradientMode', 'opacity');
  if (rule.lines === true && rule.bars !== true) set('custom.drawStyle', 'line');
  if (rule.bars === true) set('custom.drawStyle', 'bars');
  else if (rule.lines === false && rule.points === true) set('custom.drawStyle', 'points');
  if (rule.dashes === true) set('custom.lineStyle', { fill: 'dash', dash: [numberOf(rule.dashLength, 10), numberOf(rule.spaceLength, 10)] });
  if (rule.stack === false) set('custom.stacking', { mode: 'none', group: 'A' });
  else if (rule.stack === true || (typeof rule.stack === 'string' && rule.stack !== '')) set('custom.stacking', { mode: 'normal', group: rule.stack === true ? 'A' : rule.stack });
  if (rule.transform === 'negative-Y') set('custom.transform', 'negative-Y');
  if (textOf(rule.color) !== '') set('color', { mode: 'fixed', fixedColor: textOf(rule.color) });
  if (textOf(rule.fillBelowTo) !== '') set('custom.fillBelowTo', textOf(rule.fillBelowTo));
  if (rule.legend === false || rule.hideTooltip === true)
    set('custom.hideFrom', { legend: rule.legend === false, tooltip: rule.hideTooltip === true, viz: false });
  const left = Object.keys(rule).filter((key) => !OF_RULES.has(key) && rule[key] !== null && rule[key] !== false);
  if (left.length > 0) say({ key: 'rule', values: { alias, names: left.join(', ') } });
  if (properties.length > 0) panel.fieldConfig.overrides.push({ matcher, properties });
}
const OF_RULES = new Set([
  '$$hashKey', 'alias', 'yaxis', 'fill', 'fillGradient', 'linewidth', 'lines', 'bars', 'points', 'pointradius', 'steppedLine', 'nullPointMode', 'dashes', 'dashLength', 'spaceLength', 'stack', 'transform', 'color', 'fillBelowTo',
  'legend', 'hideTooltip', 'hiddenSeries',
]);
