// Which options of each kind of panel are followed here. Of Grafana's others: the values at which the panel looks as it does
// here (`else`), and those that only say how comfortably it is used (`comfort`). For the report of an import.
import { isObject, textOf, type JsonObject } from './json';

interface Kind {
  shown: string; // with all that is below them
  else?: Readonly<Record<string, readonly unknown[]>>;
  comfort?: Readonly<Record<string, readonly unknown[]>>;
}

const LEGEND = 'legend.calcs legend.displayMode legend.placement legend.showLegend legend.isVisible legend.asTable legend.sortBy legend.sortDesc';
const ROOM = { 'tooltip.maxHeight': [600], 'tooltip.maxWidth': [], 'legend.width': [], 'legend.limit': [], 'legend.overflow': [], 'legend.enableFacetedFilter': [] } as const;
const REDUCED = 'reduceOptions.calcs reduceOptions.fields reduceOptions.limit reduceOptions.values';
const UNSORTED = { 'tooltip.sort': ['none'], 'tooltip.hideZeros': [false] } as const;
const GRAPH: Kind = { shown: `${LEGEND} tooltip.mode tooltip.sort xField`, else: { 'tooltip.hideZeros': [false], timezone: [], orientation: ['auto', 'horizontal'], timeCompare: [] }, comfort: { ...ROOM, annotations: [] } };
const TIMELINE: Kind = {
  shown: 'showValue rowHeight mergeValues legend.showLegend legend.displayMode',
  else: { alignValue: ['left', 'center'], perPage: [], colWidth: [], timezone: [], 'legend.placement': ['bottom'], 'tooltip.mode': ['single', 'multi'] }, comfort: { ...ROOM, 'legend.calcs': [], 'tooltip.sort': [] },
};

const KINDS: Readonly<Record<string, Kind>> = {
  timeseries: GRAPH,
  trend: GRAPH,
  candlestick: { ...GRAPH, shown: `${GRAPH.shown} candleStyle colorStrategy colors fields includeAllFields mode` },
  stat: { shown: `${REDUCED} colorMode graphMode justifyMode percentChangeColorMode showPercentChange textMode orientation text.valueSize`, else: { 'text.titleSize': [], 'text.percentSize': [] }, comfort: { wideLayout: [true] } },
  gauge: { shown: `${REDUCED} showThresholdLabels showThresholdMarkers orientation`, else: { 'text.titleSize': [], 'text.valueSize': [] }, comfort: { minVizHeight: [75, 200], minVizWidth: [75, 200], sizing: [] } },
  bargauge: { shown: `${REDUCED} displayMode maxVizHeight minVizHeight namePlacement showUnfilled sizing valueMode orientation`, else: { 'text.titleSize': [], 'text.valueSize': [], 'legend.showLegend': [false], 'legend.displayMode': ['list', 'hidden'], 'legend.placement': ['bottom'], 'legend.calcs': [] }, comfort: { minVizWidth: [0, 8] } },
  piechart: { shown: `${REDUCED} displayLabels pieType sort legend.displayMode legend.placement legend.showLegend legend.values`, else: { 'tooltip.mode': ['single', 'multi'], 'tooltip.hideZeros': [false], 'text.valueSize': [], 'text.titleSize': [] }, comfort: { ...ROOM, 'legend.calcs': [], 'legend.sortBy': [], 'legend.sortDesc': [], 'tooltip.sort': [], orientation: [] } },
  table: { shown: 'cellHeight frameIndex showHeader sortBy footer.show footer.reducer footer.fields footer.countRows footer.enablePagination', else: { frozenColumns: [], showTypeIcons: [false] }, comfort: { maxRowHeight: [], enablePagination: [] } },
  heatmap: {
    shown: 'calculate calculation cellGap cellRadius cellValues color exemplars filterValues legend.show rowsFrame.value showValue yAxis.unit yAxis.decimals yAxis.min yAxis.max yAxis.reverse yAxis.axisPlacement',
    else: { 'rowsFrame.layout': ['le'], 'tooltip.mode': ['single', 'multi'], 'yAxis.axisLabel': [], 'yAxis.axisCenteredZero': [false], 'yAxis.axisSoftMin': [], 'yAxis.axisSoftMax': [], 'yAxis.axisGridShow': [true], 'yAxis.scaleDistribution': [], 'tooltip.yHistogram': [false], 'tooltip.showColorScale': [false] },
    comfort: { ...ROOM, 'yAxis.axisWidth': [], 'yAxis.axisBorderShow': [], 'yAxis.axisColorMode': ['text'], selectionMode: ['x'], 'tooltip.show': [true], 'tooltip.sort': [], 'tooltip.hideZeros': [] },
  },
  histogram: { shown: `${LEGEND} bucketCount bucketOffset bucketSize combine tooltip.mode`, else: UNSORTED, comfort: ROOM },
  barchart: { shown: `${LEGEND} barRadius barWidth colorByField fullHighlight groupWidth orientation showValue stacking xField xTickLabelMaxLength xTickLabelRotation xTickLabelSpacing text.valueSize tooltip.mode`, else: { ...UNSORTED, 'text.titleSize': [] }, comfort: ROOM },
  xychart: { shown: `${LEGEND} mapping series dims seriesMapping tooltip.mode`, else: UNSORTED, comfort: ROOM },
  'state-timeline': TIMELINE,
  'status-history': TIMELINE,
  nodeGraph: { shown: 'nodes edges', else: { layoutAlgorithm: ['layered', 'force'] }, comfort: { zoomMode: ['cooperative'] } },
  dashlist: { shown: 'folderUID folderUid includeVars keepTime maxItems query showFolderNames showHeadings showRecentlyViewed showSearch showStarred tags', else: { folderId: [] } },
  annolist: { shown: 'limit navigateAfter navigateBefore navigateToPanel onlyFromThisDashboard onlyInTimeRange showTags showTime showUser tags' },
  alertlist: {
    shown: 'alertInstanceLabelFilter alertName nameFilter maxItems stateFilter',
    else: { dashboardAlerts: [false], datasource: [], folder: [], groupBy: [], groupMode: ['default'], showInactiveAlerts: [false], viewMode: ['list'], sortOrder: [1, 3], show: ['current'], dashboardTitle: [], dashboardTags: [], dashboardFilter: [], folderId: [], tags: [] },
    comfort: { showInstances: [true], limit: [], onlyAlertsOnDashboard: [], alertmanager: [] },
  },
  text: { shown: 'content mode', comfort: { code: [] } },
};

// Left by what a panel once was, or by Grafana's own steps from one version to the next; without a meaning in any of them.
const LEFT = new Set(['alertThreshold', 'dataLinks', 'fieldOptions', 'showThresholds', 'legend.show', 'legend.alignAsTable', 'reduceOptions.defaults', 'reduceOptions.overrides']);

export interface NotShown {
  unlike: string[]; // the panel looks otherwise there
  unused: string[]; // nothing here reads them
}

export function optionsNotShown(type: string, options: JsonObject): NotShown {
  const found: NotShown = { unlike: [], unused: [] };
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type]! : undefined;
  if (kind === undefined) return found;
  const shown = new Set(kind.shown.split(' '));
  const known = [...shown, ...Object.keys({ ...kind.else, ...kind.comfort })];
  const listed = (values: Kind['else'], path: string) => (values !== undefined && Object.hasOwn(values, path) ? values[path] : undefined);
  const visit = (json: JsonObject, prefix: string): void => {
    for (const [key, value] of Object.entries(json)) {
      const path = prefix + key;
      if (shown.has(path) || LEFT.has(path) || !saysSomething(value)) continue;
      const [unlike, unused] = [listed(kind.else, path), listed(kind.comfort, path)];
      if (unlike?.includes(value) || unused?.includes(value)) continue;
      if (unlike !== undefined) found.unlike.push(path);
      else if (unused === undefined && isObject(value) && known.some((one) => one.startsWith(`${path}.`))) visit(value, `${path}.`);
      else found.unused.push(path);
    }
  };
  visit(options, '');
  return found;
}

// What is off, or left to the panel, is the same everywhere.
export function saysSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(saysSomething);
  return value !== false && !['', 'auto', 'none', 'off'].includes(textOf(value));
}
