// Panel types by the name they have in a board. Adding a type is a folder here and a row below.
import { lazy } from "react";
import type { Panel } from "../dashboard/model/board";
import type { PanelView } from "./panel_view";
import TimeSeries from "./timeseries/timeseries";
import Stat from "./stat/stat";
import Gauge from "./gauge/gauge";
import BarGauge from "./bargauge/bargauge";
import Heatmap from "./heatmap/heatmap";
import PieChart from "./piechart/piechart";
import Table from "./table/table";
import StateTimeline from "./state_timeline/state_timeline";
import Logs from "./logs/logs";
import AlertListPanel from "./alertlist/alertlist";
import Text from "./text/text";

const NodeGraph = lazy(() => import("./node_graph/node_graph"));
const BarChart = lazy(() => import("./barchart/barchart"));
const Histogram = lazy(() => import("./histogram/histogram"));
const XyChart = lazy(() => import("./xychart/xychart"));
const Trend = lazy(() => import("./trend/trend"));
const Candlestick = lazy(() => import("./candlestick/candlestick"));
const DashboardList = lazy(() => import("./dashlist/dashlist"));
const AnnotationList = lazy(() => import("./annolist/annolist"));
const News = lazy(() => import("./news/news"));

export const PANELS: Readonly<Record<string, PanelView>> = {
  timeseries: TimeSeries,
  stat: Stat,
  gauge: Gauge,
  bargauge: BarGauge,
  heatmap: Heatmap,
  piechart: PieChart,
  table: Table,
  "status-history": StateTimeline,
  "state-timeline": StateTimeline,
  logs: Logs,
  nodeGraph: NodeGraph,
  alertlist: AlertListPanel,
  text: Text,
  barchart: BarChart,
  histogram: Histogram,
  xychart: XyChart,
  trend: Trend,
  candlestick: Candlestick,
  dashlist: DashboardList,
  annolist: AnnotationList,
  news: News,
};

// Views that draw ticks by themselves, between the changes that React renders: pictures, whose series are those of the last
// rendering, and a few elements, whatever they are of. What transformations make of a tick may have other series than the last.
const PAINTED = new Set(["timeseries", "candlestick", "heatmap", "status-history", "state-timeline"]);
const WRITTEN = new Set(["stat", "gauge", "bargauge", "piechart"]);

export function drawsTicks(panel: Panel): boolean {
  return WRITTEN.has(panel.type) || (PAINTED.has(panel.type) && panel.transformations.length === 0);
}

// A type that is not known shows its data as a table.
export function viewOf(type: string): PanelView {
  return Object.hasOwn(PANELS, type) ? PANELS[type]! : Table;
}
