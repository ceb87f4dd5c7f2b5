// Panel types by the name they have in a board. Adding a type is a folder here and a row below.
import { lazy } from "react";
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
};

// A type that is not known shows its data as a table.
export function viewOf(type: string): PanelView {
  return Object.hasOwn(PANELS, type) ? PANELS[type]! : Table;
}
