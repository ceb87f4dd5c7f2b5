// Panel types that Grafana has retired, rewritten as what took their place. What is understood moves to the
// new fields; the rest of the old ones stays in the JSON.
import type { Panel } from './board';
import { flagOf, isObject, numberOf, objectOf, objectsOf, textOf, textsOf, writePath, type JsonObject } from './json';

// Brings a panel to today's type in place, and says what was done.
export function upgradePanel(panel: Panel): string | undefined {
  switch (panel.type) {
    case 'graph':
    case 'grafana-graph-panel':
      upgradeGraph(panel);
      return 'old graph became timeseries';
    case 'singlestat':
    case 'grafana-singlestat-panel':
      return upgradeSinglestat(panel);
    case 'grafana-piechart-panel':
      upgradePie(panel);
      return 'piechart plugin became piechart';
    case 'table-old':
      panel.type = 'table';
      return 'old table became table';
    case 'heatmap':
      if (Object.hasOwn(panel, 'dataFormat') || isObject(panel.yAxis)) return upgradeHeatmap(panel);
      return undefined;
    case 'text':
      if (panel.options.content === undefined && typeof panel.content === 'string') {
        panel.options = { ...panel.options, mode: textOf(panel.mode, 'markdown'), content: panel.content };
        delete panel.content;
        delete panel.mode;
      }
      return undefined;
    default:
      return undefined;
  }
}

function take(panel: Panel, key: string): unknown {
  const value = panel[key];
  delete panel[key];
  return value;
}

function setDefault(panel: Panel, path: string, value: unknown): void {
  if (value !== undefined) writePath(panel.fieldConfig.defaults, path, value);
}

const REDUCERS: Record<string, string> = {
  avg: 'mean', current: 'lastNotNull', total: 'sum', min: 'min', max: 'max', first: 'first',
  delta: 'delta', diff: 'diff', range: 'range', name: 'last',
};

function upgradeGraph(panel: Panel): void {
  panel.type = 'timeseries';
  const lines = flagOf(take(panel, 'lines'), true);
  const bars = flagOf(take(panel, 'bars'));
  const points = flagOf(take(panel, 'points'));
  setDefault(panel, 'custom.drawStyle', bars ? 'bars' : lines ? 'line' : 'points');
  setDefault(panel, 'custom.fillOpacity', Math.min(100, numberOf(take(panel, 'fill'), 1) * 10));
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
  const legend = objectOf(take(panel, 'legend'));
  const calcs = ['min', 'max', 'avg', 'current', 'total'].filter((key) => flagOf(legend[key]));
  const tooltip = objectOf(take(panel, 'tooltip'));
  panel.options = {
    legend: {
      displayMode: flagOf(legend.alignAsTable) ? 'table' : 'list',
      placement: flagOf(legend.rightSide) ? 'right' : 'bottom',
      showLegend: flagOf(legend.show, true),
      calcs: flagOf(legend.values) ? calcs.map((key) => REDUCERS[key]!) : [],
    },
    tooltip: { mode: tooltip.shared === false ? 'single' : 'multi', sort: ['none', 'asc', 'desc'][numberOf(tooltip.sort, 0)] ?? 'none' },
    ...panel.options,
  };
  graphThresholds(panel);
  const second = axes[1] ?? {};
  for (const rule of objectsOf(take(panel, 'seriesOverrides'))) seriesOverride(panel, rule, second);
  for (const [name, color] of Object.entries(objectOf(take(panel, 'aliasColors'))))
    panel.fieldConfig.overrides.push({
      matcher: { id: 'byName', options: name },
      properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: textOf(color) } }],
    });
  for (const key of ['dashes', 'dashLength', 'spaceLength', 'renderer', 'xaxis', 'yaxis', 'timeRegions', 'hiddenSeries', 'fillGradient'])
    delete panel[key];
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

function seriesOverride(panel: Panel, rule: JsonObject, second: JsonObject): void {
  const alias = textOf(rule.alias);
  if (alias === '') return;
  const matcher = alias.startsWith('/') ? { id: 'byRegexp', options: alias } : { id: 'byName', options: alias };
  const properties: { id: string; value?: unknown }[] = [];
  const set = (id: string, value: unknown) => properties.push({ id, value });
  if (numberOf(rule.yaxis) === 2) {
    set('custom.axisPlacement', 'right');
    applyAxis(second, set);
  }
  if (numberOf(rule.fill) !== undefined) set('custom.fillOpacity', numberOf(rule.fill, 1) * 10);
  if (numberOf(rule.linewidth) !== undefined) set('custom.lineWidth', numberOf(rule.linewidth, 1));
  if (rule.bars === true) set('custom.drawStyle', 'bars');
  else if (rule.lines === false && rule.points === true) set('custom.drawStyle', 'points');
  if (rule.dashes === true) set('custom.lineStyle', { fill: 'dash', dash: [numberOf(rule.dashLength, 10), numberOf(rule.spaceLength, 10)] });
  if (rule.stack === false) set('custom.stacking', { mode: 'none', group: 'A' });
  if (rule.transform === 'negative-Y') set('custom.transform', 'negative-Y');
  if (textOf(rule.color) !== '') set('color', { mode: 'fixed', fixedColor: textOf(rule.color) });
  if (textOf(rule.fillBelowTo) !== '') set('custom.fillBelowTo', textOf(rule.fillBelowTo));
  if (rule.legend === false || rule.hideTooltip === true)
    set('custom.hideFrom', { legend: rule.legend === false, tooltip: rule.hideTooltip === true, viz: false });
  if (properties.length > 0) panel.fieldConfig.overrides.push({ matcher, properties });
}

function upgradeSinglestat(panel: Panel): string {
  const gauge = objectOf(take(panel, 'gauge'));
  const asGauge = flagOf(gauge.show);
  panel.type = asGauge ? 'gauge' : 'stat';
  const unit = textOf(take(panel, 'format'));
  if (unit !== '' && unit !== 'none') setDefault(panel, 'unit', unit);
  setDefault(panel, 'decimals', numberOf(take(panel, 'decimals')));
  if (asGauge) {
    setDefault(panel, 'min', numberOf(gauge.minValue, 0));
    setDefault(panel, 'max', numberOf(gauge.maxValue, 100));
  }
  const colors = textsOf(take(panel, 'colors'));
  if (typeof panel.thresholds === 'string') {
    const limits = panel.thresholds.split(',').map((v) => numberOf(v)).filter((v) => v !== undefined);
    delete panel.thresholds;
    if (limits.length > 0)
      setDefault(panel, 'thresholds', {
        mode: 'absolute',
        steps: [null, ...limits].map((value, i) => ({ value, color: colors[i] ?? ['green', 'orange', 'red'][i] ?? 'red' })),
      });
  }
  const background = flagOf(take(panel, 'colorBackground'));
  const value = flagOf(take(panel, 'colorValue'));
  const sparkline = objectOf(take(panel, 'sparkline'));
  panel.options = {
    reduceOptions: { calcs: [REDUCERS[textOf(take(panel, 'valueName'), 'avg')] ?? 'mean'], fields: '', values: false },
    ...(asGauge
      ? { showThresholdMarkers: flagOf(gauge.thresholdMarkers, true), showThresholdLabels: flagOf(gauge.thresholdLabels) }
      : { colorMode: background ? 'background' : value ? 'value' : 'none', graphMode: flagOf(sparkline.show) ? 'area' : 'none' }),
    ...panel.options,
  };
  return asGauge ? 'singlestat became gauge' : 'singlestat became stat';
}

function upgradePie(panel: Panel): void {
  panel.type = 'piechart';
  const unit = textOf(take(panel, 'format'));
  if (unit !== '' && unit !== 'short') setDefault(panel, 'unit', unit);
  const legend = textOf(take(panel, 'legendType'), 'Under graph');
  panel.options = {
    pieType: take(panel, 'pieType') === 'donut' ? 'donut' : 'pie',
    reduceOptions: { calcs: [REDUCERS[textOf(take(panel, 'valueName'), 'current')] ?? 'lastNotNull'], fields: '', values: false },
    legend: { showLegend: legend !== 'On graph', displayMode: 'list', placement: legend === 'Right side' ? 'right' : 'bottom', values: ['value'] },
    ...panel.options,
  };
}

function upgradeHeatmap(panel: Panel): string {
  const format = textOf(take(panel, 'dataFormat'));
  const y = objectOf(take(panel, 'yAxis'));
  const color = objectOf(take(panel, 'color'));
  panel.options = {
    calculate: format !== 'tsbuckets',
    yAxis: { unit: textOf(y.format, 'short'), axisPlacement: 'left', reverse: false },
    color: { scheme: textOf(color.colorScheme).replace(/^interpolate/, '') || 'Oranges', mode: color.mode === 'opacity' ? 'opacity' : 'scheme', steps: 64 },
    ...panel.options,
  };
  return 'old heatmap settings became options';
}
