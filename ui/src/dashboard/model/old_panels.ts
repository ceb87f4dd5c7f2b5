// Panel types that Grafana has retired, rewritten as what took their place, and settings that have moved since.
import type { Panel } from './board';
import { upgradeGraph } from './old_graph';
import { take } from './old_field_config';
import { upgradeHeatmap } from './old_heatmap';
import { upgradeFieldOptions, upgradeSinglestat } from './old_singlestat';
import { upgradeTable } from './old_table';
import { flagOf, isObject, numberOf, objectOf, textOf, textsOf, writePath } from './json';
import { REDUCERS } from './old_reducers';
import type { Said, Say } from './note';

// Brings a panel to today's type in place, and says what was done; `say` hears of what is not carried over.
export function upgradePanel(panel: Panel, say: Say): Said | undefined {
  switch (panel.type) {
    case 'graph':
    case 'grafana-graph-panel':
      return upgradeGraph(panel, say);
    case 'singlestat':
    case 'grafana-singlestat-panel':
      return upgradeSinglestat(panel, say);
    case 'stat':
    case 'gauge':
    case 'bargauge':
      return upgradeFieldOptions(panel);
    case 'grafana-piechart-panel':
      upgradePie(panel);
      return { key: 'oldPie' };
    case 'table-old':
      upgradeTable(panel, say);
      return { key: 'oldTable' };
    case 'table':
      // The table of before Grafana 7 had the name that today's has.
      if (!Array.isArray(panel.styles) && !Array.isArray(panel.columns) && typeof panel.transform !== 'string') return undefined;
      upgradeTable(panel, say);
      return { key: 'oldTable' };
    case 'heatmap':
      if (Object.hasOwn(panel, 'dataFormat') || isObject(panel.yAxis)) return upgradeHeatmap(panel);
      return undefined;
    case 'text':
      if (panel.options.content === undefined && typeof panel.content === 'string') panel.options = { ...panel.options, mode: textOf(take(panel, 'mode'), 'markdown'), content: take(panel, 'content') };
      return undefined;
    case 'alertlist':
      return moveOptions(panel, ['show', 'limit', 'sortOrder', 'onlyAlertsOnDashboard', 'stateFilter', 'folderId', 'nameFilter', 'dashboardFilter', 'alertName', 'dashboardTags'], (options) => {
        if (options.onlyAlertsOnDashboard !== undefined && options.dashboardAlerts === undefined) options.dashboardAlerts = flagOf(options.onlyAlertsOnDashboard);
        if (numberOf(options.limit) !== undefined && options.maxItems === undefined) options.maxItems = numberOf(options.limit);
        if (textOf(options.nameFilter) !== '' && options.alertName === undefined) options.alertName = options.nameFilter;
      });
    case 'dashlist':
      return moveOptions(panel, ['starred', 'recent', 'search', 'headings', 'limit', 'query', 'tags', 'folderId'], (options) => {
        for (const [old, now] of [['starred', 'showStarred'], ['recent', 'showRecentlyViewed'], ['search', 'showSearch'], ['headings', 'showHeadings'], ['limit', 'maxItems']] as const) {
          if (options[old] !== undefined && options[now] === undefined) options[now] = options[old];
          delete options[old];
        }
        if (options.tags !== undefined) options.tags = textsOf(options.tags);
      });
    case 'annolist':
      return moveOptions(panel, ['limit', 'tags', 'onlyFromThisDashboard', 'onlyInTimeRange', 'showTags', 'showTime', 'showUser', 'navigateBefore', 'navigateAfter', 'navigateToPanel'], () => undefined);
    case 'news':
      return moveOptions(panel, ['feedUrl'], () => undefined);
    default:
      return undefined;
  }
}

// Settings that once stood in the panel itself, where its options do not have them.
function moveOptions(panel: Panel, keys: readonly string[], then: (options: Panel['options']) => void): Said | undefined {
  const found = keys.filter((key) => Object.hasOwn(panel, key));
  if (found.length === 0) return undefined;
  for (const key of found) {
    const value = take(panel, key);
    if (panel.options[key] === undefined && value !== null) panel.options[key] = value;
  }
  then(panel.options);
  return undefined;
}

function upgradePie(panel: Panel): void {
  panel.type = 'piechart';
  const { defaults } = panel.fieldConfig;
  const unit = textOf(take(panel, 'format'));
  if (unit !== '' && unit !== 'short') writePath(defaults, 'unit', unit);
  const decimals = numberOf(take(panel, 'decimals'));
  if (decimals !== undefined) writePath(defaults, 'decimals', decimals);
  const type = textOf(take(panel, 'legendType'), 'Under graph');
  const legend = objectOf(take(panel, 'legend'));
  const values = [...(flagOf(legend.values) ? ['value'] : []), ...(flagOf(legend.percentage) ? ['percent'] : [])];
  const calc = REDUCERS[textOf(take(panel, 'valueName'), 'current')] ?? 'lastNotNull';
  panel.options = {
    pieType: take(panel, 'pieType') === 'donut' ? 'donut' : 'pie',
    reduceOptions: { calcs: [calc], fields: '', values: false },
    legend: { showLegend: type !== 'On graph' && flagOf(legend.show, true), displayMode: values.length > 1 ? 'table' : 'list', placement: type === 'Right side' ? 'right' : 'bottom', values: values.length > 0 ? values : ['value'] },
    ...(type === 'On graph' ? { displayLabels: ['name'] } : {}),
    ...panel.options,
  };
  for (const [name, color] of Object.entries(objectOf(take(panel, 'aliasColors'))))
    panel.fieldConfig.overrides.push({ matcher: { id: 'byName', options: name }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: textOf(color) } }] });
}

// Keys of panels that no panel of ours reads any more: of the page, of repeats that Grafana wrote out, and of the types above.
export const RETIRED_OF_PANELS: ReadonlySet<string> = new Set([
  'editable', 'error', 'isNew', 'renderer', 'span', 'minSpan', 'height', 'scopedVars', 'repeatIteration', 'repeatPanelId', 'repeatByRow', 'repeatedByRow', 'repeatRowId', 'loading', '$$hashKey',
  'collapse', 'showTitle', 'titleSize', 'collapsed', 'panels', 'events', 'hasRefreshed', 'isViewing', 'isEditing', 'fullscreen', 'refreshWhenInView', 'cachedPluginOptions', 'datasourceUid', 'leftYAxisLabel', 'rightYAxisLabel',
  // graph
  'lines', 'bars', 'points', 'fill', 'fillGradient', 'linewidth', 'pointradius', 'steppedLine', 'nullPointMode', 'stack', 'percentage', 'yaxes', 'yaxis', 'xaxis', 'x-axis', 'y-axis', 'y_formats', 'grid', 'legend',
  'tooltip', 'thresholds', 'seriesOverrides', 'aliasColors', 'aliasYAxis', 'dashes', 'dashLength', 'spaceLength', 'timeRegions', 'hiddenSeries', 'decimals', 'zerofill', 'interactive', 'annotate', 'resolution', 'spyable', 'zoomlinks', 'scale', 'options_',
  // singlestat
  'format', 'prefix', 'postfix', 'prefixFontSize', 'postfixFontSize', 'valueFontSize', 'valueName', 'colorBackground', 'colorValue', 'colorPrefix', 'colorPostfix', 'colors', 'gauge', 'sparkline', 'tableColumn', 'tableColumnOptions',
  'mappingType', 'mappingTypes', 'valueMaps', 'rangeMaps', 'nullText', 'valueOptions',
  // table
  'styles', 'columns', 'transform', 'sort', 'fontSize', 'pageSize', 'showHeader', 'scroll', 'filterNull',
  // heatmap
  'dataFormat', 'cards', 'color', 'heatmap', 'highlightCards', 'hideZeroBuckets', 'reverseYBuckets', 'tooltipDecimals', 'xAxis', 'yAxis', 'xBucketNumber', 'xBucketSize', 'yBucketBound', 'yBucketNumber', 'yBucketSize',
  // piechart
  'pieType', 'legendType', 'breakPoint', 'combine', 'strokeWidth', 'innerRadius', 'outerRadius', 'labelThreshold',
  // text, lists
  'mode', 'content', 'show', 'limit', 'sortOrder', 'onlyAlertsOnDashboard', 'stateFilter', 'folderId', 'nameFilter', 'dashboardFilter', 'dashboardTags', 'starred', 'recent', 'search', 'headings', 'query', 'feedUrl',
]);
