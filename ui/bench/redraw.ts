// 20 graphs of 5 series with 100,000 points each, each graph with values of its own, all replaced at once: how long
// until they are drawn.
import { fixedRange } from "../src/time/range";
import "../src/styles/theme.css";
import "uplot/dist/uPlot.min.css";
import { importBoard } from "../src/dashboard/model/import_board";
import type { PanelData } from "../src/dashboard/data/panel_source";
import { NO_MARKS } from "../src/panels/marks/mark_list";
import type { BoardView } from "../src/panels/panel_view";
import { GraphPlot } from "../src/panels/timeseries/graph_plot";
import { PictureMaker } from "../src/panels/timeseries/picture";

const PANELS = 20;
const SERIES = 5;
const POINTS = 100_000;
const START = 1_700_000_000;

const read = importBoard({ title: "bench", panels: Array.from({ length: PANELS }, (_, i) => ({ id: i + 1, type: "timeseries", targets: [{ refId: "A", expr: "x" }], fieldConfig: { defaults: { unit: "s", custom: { fillOpacity: 8 } }, overrides: [] } })) });
if ("error" in read) throw new Error(read.error);
const { panels } = read.board;
const interval = { from: START, to: START + POINTS };
const view: BoardView = { uid: "", interval, range: fixedRange(interval), zone: "UTC", theme: "dark", marks: NO_MARKS, sync: "", compare: 0 };
const times = Float64Array.from({ length: POINTS }, (_, i) => START + i);

function dataOf(seed: number, version: number): PanelData {
  let state = seed * 2_654_435_761 + 1;
  const series = Array.from({ length: SERIES }, (_, s) => {
    const values = new Float64Array(POINTS);
    let level = 10 * (s + 1);
    for (let i = 0; i < POINTS; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      level += (state / 2_147_483_648) * 0.1;
      values[i] = level;
    }
    return { metric: { s: String(s) }, values };
  });
  const question = { refId: "A", expr: "x", kind: "range", format: "time_series", legendFormat: "", step: 1, interval, exemplars: false } as const;
  return { answers: [{ question, aligned: { times, series }, answered: true }], problems: [], warnings: [], step: 1, interval, version, shape: 1, loaded: true };
}

const frame = () => new Promise<void>((done) => requestAnimationFrame(() => done()));

async function run(): Promise<number[]> {
  const graphs = panels.map((panel, i) => {
    const sets = [dataOf(2 * i + 1, 1), dataOf(2 * i + 2, 2)];
    const host = document.createElement("div");
    host.style.height = "180px";
    document.body.append(host);
    const maker = new PictureMaker();
    const input = (data: PanelData) => ({ picture: maker.make(panel, data), board: view, interval, step: 1, panelId: 0, exemplars: [], hidden: new Set<string>() });
    return { sets, input, plot: new GraphPlot(host, input(sets[0]!), { width: 390, height: 180 }, () => {}) };
  });
  await frame();
  const took: number[] = [];
  for (let round = 0; round < 9; round++) {
    await frame();
    const began = performance.now();
    for (const { sets, input, plot } of graphs) plot.update(input(sets[(round + 1) % 2]!));
    await frame();
    // The canvases are painted between the frames: without a GPU on this thread, before it hears of the next one.
    await frame();
    took.push(performance.now() - began);
  }
  return took;
}

(globalThis as unknown as { result: Promise<number[]> }).result = run();
