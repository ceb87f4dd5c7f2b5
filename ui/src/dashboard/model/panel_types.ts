// Panel types of ours, by the name they have in the JSON.
export const PANEL_TYPES: ReadonlySet<string> = new Set([
  'timeseries', 'stat', 'gauge', 'bargauge', 'heatmap', 'piechart', 'table', 'status-history', 'state-timeline', 'logs', 'nodeGraph',
  'alertlist', 'text', 'row', 'barchart', 'histogram', 'xychart', 'trend', 'candlestick', 'dashlist', 'annolist', 'news',
]);
