// What a board of ours may be, said with Grafana's own types. Grafana's Dashboard leaves options and custom fields of
// panels open; here each kind of panel has those of its plugin, so that a misspelt option is found.
import type {
  AnnotationQuery, Dashboard, DataQuery, FieldConfig, FieldConfigSource, HideableFieldConfig, GraphFieldConfig, Panel, RowPanel,
  TableFieldOptions, VariableModel,
} from '@grafana/schema';
import type * as AnnotationsList from './node_modules/@grafana/schema/dist/types/raw/composable/annotationslist/panelcfg/x/AnnotationsListPanelCfg_types.gen';
import type * as BarChart from './node_modules/@grafana/schema/dist/types/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type * as BarGauge from './node_modules/@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as Candlestick from './node_modules/@grafana/schema/dist/types/raw/composable/candlestick/panelcfg/x/CandlestickPanelCfg_types.gen';
import type * as DashboardList from './node_modules/@grafana/schema/dist/types/raw/composable/dashboardlist/panelcfg/x/DashboardListPanelCfg_types.gen';
import type * as Gauge from './node_modules/@grafana/schema/dist/types/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as Heatmap from './node_modules/@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as Histogram from './node_modules/@grafana/schema/dist/types/raw/composable/histogram/panelcfg/x/HistogramPanelCfg_types.gen';
import type * as Logs from './node_modules/@grafana/schema/dist/types/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as News from './node_modules/@grafana/schema/dist/types/raw/composable/news/panelcfg/x/NewsPanelCfg_types.gen';
import type * as NodeGraph from './node_modules/@grafana/schema/dist/types/raw/composable/nodegraph/panelcfg/x/NodeGraphPanelCfg_types.gen';
import type * as PieChart from './node_modules/@grafana/schema/dist/types/raw/composable/piechart/panelcfg/x/PieChartPanelCfg_types.gen';
import type * as Stat from './node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as StateTimeline from './node_modules/@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as StatusHistory from './node_modules/@grafana/schema/dist/types/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen';
import type * as Table from './node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as Text from './node_modules/@grafana/schema/dist/types/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as TimeSeries from './node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as Trend from './node_modules/@grafana/schema/dist/types/raw/composable/trend/panelcfg/x/TrendPanelCfg_types.gen';
import type * as XYChart from './node_modules/@grafana/schema/dist/types/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen';

// Of the Prometheus and Loki data sources, whose types are in packages of their own.
interface PrometheusQuery extends DataQuery {
  expr: string;
  editorMode?: 'code' | 'builder';
  exemplar?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  interval?: string;
  intervalFactor?: number;
  legendFormat?: string;
  range?: boolean;
}
interface LokiQuery extends DataQuery {
  expr: string;
  legendFormat?: string;
  maxLines?: number;
}

// Of the data source of expressions, and of the one that shows another panel's data.
interface ExpressionQuery extends DataQuery {
  type: 'math' | 'reduce' | 'resample' | 'threshold' | 'classic_conditions' | 'sql';
  expression?: string;
  reducer?: string;
  settings?: { mode?: string; replaceWithValue?: number };
  window?: string;
  downsampler?: string;
  upsampler?: string;
  conditions?: Array<Record<string, unknown>>;
}
interface DashboardQuery extends DataQuery {
  panelId: number;
  withTransforms?: boolean;
}

type PanelOf<Type extends string, Options, Custom = Record<string, never>> =
  Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
    type: Type;
    options: Options;
    fieldConfig?: Omit<FieldConfigSource, 'defaults'> & { defaults: Omit<FieldConfig, 'custom'> & { custom?: Custom } };
    targets?: Array<PrometheusQuery | LokiQuery | ExpressionQuery | DashboardQuery>;
  };

type AnyPanel =
  | PanelOf<'alertlist', Record<string, unknown>>
  | PanelOf<'annolist', AnnotationsList.Options>
  | PanelOf<'barchart', BarChart.Options, BarChart.FieldConfig>
  | PanelOf<'bargauge', BarGauge.Options>
  | PanelOf<'candlestick', Candlestick.Options, GraphFieldConfig>
  | PanelOf<'dashlist', DashboardList.Options>
  | PanelOf<'gauge', Gauge.Options>
  | PanelOf<'heatmap', Heatmap.Options, Heatmap.FieldConfig>
  | PanelOf<'histogram', Histogram.Options, Histogram.FieldConfig>
  | PanelOf<'logs', Logs.Options>
  | PanelOf<'news', News.Options>
  | PanelOf<'nodeGraph', NodeGraph.Options>
  | PanelOf<'piechart', PieChart.Options, HideableFieldConfig>
  | PanelOf<'stat', Stat.Options>
  | PanelOf<'state-timeline', StateTimeline.Options, StateTimeline.FieldConfig>
  | PanelOf<'status-history', StatusHistory.Options, StatusHistory.FieldConfig>
  | PanelOf<'table', Table.Options, Partial<TableFieldOptions>>
  | PanelOf<'text', Text.Options>
  | PanelOf<'timeseries', TimeSeries.Options, GraphFieldConfig>
  | PanelOf<'trend', Trend.Options, GraphFieldConfig>
  | PanelOf<'xychart', XYChart.Options, XYChart.FieldConfig>;

type AnyRow = Omit<RowPanel, 'panels'> & { panels: AnyPanel[] };

// The filters of an ad hoc variable are saved with it, and are no part of the type.
interface AdhocFilter {
  key: string;
  operator: string;
  value: string;
  values?: string[];
}

export type Board = Omit<Dashboard, 'panels' | 'annotations' | 'templating'> & {
  panels: Array<AnyPanel | AnyRow>;
  templating?: { list?: Array<VariableModel & { filters?: AdhocFilter[]; baseFilters?: AdhocFilter[] }> };
  annotations: { list: Array<AnnotationQuery<PrometheusQuery>> };
};
