// Every kind of panel with whatever options and data boards bring: it is drawn, or says what it lacks, and never throws.
import { renderToStaticMarkup } from "react-dom/server";
import type { ComponentType } from "react";
import { describe, expect, it } from "vitest";
import type { PanelData } from "../dashboard/data/panel_source";
import { PanelSource } from "../dashboard/data/panel_source";
import { allPanels } from "../dashboard/model/board";
import { importBoard } from "../dashboard/model/import_board";
import { makeScope } from "../dashboard/model/scope";
import { anyBoard } from "../dashboard/model/test_boards";
import BarChart from "./barchart/barchart";
import Candlestick from "./candlestick/candlestick";
import Histogram from "./histogram/histogram";
import NodeGraph from "./node_graph/node_graph";
import type { PanelViewProps } from "./panel_view";
import { viewOf } from "./registry";
import { boardAt, bucketsPanel } from "./test_panels";
import Trend from "./trend/trend";
import XyChart from "./xychart/xychart";

const { dataOf } = bucketsPanel;
const LAZY: Record<string, ComponentType<PanelViewProps>> = { barchart: BarChart, histogram: Histogram, candlestick: Candlestick, nodeGraph: NodeGraph, trend: Trend, xychart: XyChart };
const ASKS = new Set(["dashlist", "annolist", "alertlist", "logs", "news", "row"]); // these ask the server themselves
const DATA: PanelData[] = [
  dataOf([]),
  dataOf([{ metric: { __name__: "x", instance: "a", le: "0.5" }, values: [1, NaN, 3, 4] }, { metric: { instance: "<img src=x onerror=alert(1)>", le: "+Inf" }, values: [4, Infinity, -5, 0] }]),
  dataOf([{ metric: {}, values: [NaN, NaN] }]),
];
const view = boardAt({ from: 0, to: 40 }, { uid: "b", sync: "s" });
const scope = makeScope([{ name: "region", kind: "query", values: ["a"], texts: ["a"], multi: false }]);

describe("any panel", () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))("seed %i", (seed) => {
    const read = importBoard(anyBoard(seed).json);
    if ("error" in read) throw new Error(read.error);
    for (const panel of allPanels(read.board)) {
      if (ASKS.has(panel.type)) continue;
      const View = LAZY[panel.type] ?? viewOf(panel.type);
      const source = new PanelSource();
      for (const data of DATA)
        for (const [width, height] of [[400, 200], [3, 2]] as const) {
          const html = renderToStaticMarkup(<View panel={panel} source={source} data={data} board={view} scope={scope} width={width} height={height} />);
          expect(html, `panel "${panel.title}" (${panel.type})`).not.toMatch(/<(img|script)[ >]/);
        }
    }
  }, 60_000);
});
