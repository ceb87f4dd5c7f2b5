import { act, createRef } from "react";
import { createRoot } from "react-dom/client";
import { describe, expect, it } from "vitest";
import { displayerOf } from "../../dashboard/field/display";
import { bucketsPanel } from "../test_panels";
import { Legend, type LegendItem, type LegendValues } from "./legend";
import { legendRoom } from "./legend_room";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const item = (name: string, values: number[], legend = false): LegendItem => ({ name, values, color: "red", ghost: false, hidden: { legend, tooltip: false, viz: false }, display: displayerOf({ unit: "s" }) });

it.each([true, false])("values are written between renderings, and again after one (as a table: %s)", (table) => {
  const box = document.createElement("div");
  const root = createRoot(box);
  const values = createRef<LegendValues>();
  const draw = (series: LegendItem[], calcs = ["lastNotNull", "max"]) => act(() => root.render(<Legend series={series} calcs={calcs} table={table} side={false} hidden={new Set()} onToggle={() => {}} values={values} />));
  const told = () => [...box.querySelectorAll<HTMLElement>("[data-series]")].map((row) => [row.dataset.series, ...[...row.querySelectorAll<HTMLElement>("[data-calc]")].flatMap((cell) => [cell.dataset.value, cell.textContent])]);
  draw([item("a", [5, 2]), item("unlisted", [9], true), item("b", [NaN])]);
  expect(told()).toEqual([["a", "2", "2 s", "5", "5 s"], ["b", "NaN", "–", "NaN", "–"]]);
  values.current!.write([item("a", [5, 8]), item("unlisted", [9], true), item("b", [4])]);
  expect(told()).toEqual([["a", "8", "8 s", "8", "8 s"], ["b", "4", "4 s", "4", "4 s"]]);
  if (!table) expect(box.querySelector<HTMLElement>('[data-series="a"]')!.dataset.value).toBe("8");
  draw([item("b", [1]), item("a", [3])], ["max"]);
  expect(told()).toEqual([["b", "1", "1 s"], ["a", "3", "3 s"]]);
  act(() => root.unmount());
});

it("a sorted table is rendered again when values that are written change its order, and only then", () => {
  const box = document.createElement("div");
  const root = createRoot(box);
  const values = createRef<LegendValues>();
  const series = [item("a", [5]), item("b", [7]), item("c", [6])];
  act(() => root.render(<Legend series={series} calcs={["max"]} table side={false} hidden={new Set()} onToggle={() => {}} sort={{ calc: "max", down: true }} values={values} />));
  const rows = () => [...box.querySelectorAll<HTMLElement>("[data-series]")];
  const told = () => rows().map((row) => [row.dataset.series, row.querySelector<HTMLElement>("[data-calc]")!.textContent]);
  expect(told()).toEqual([["b", "7 s"], ["c", "6 s"], ["a", "5 s"]]);
  const kept = rows()[0];
  act(() => values.current!.write([item("a", [1]), item("b", [9]), item("c", [8])]));
  expect(told()).toEqual([["b", "9 s"], ["c", "8 s"], ["a", "1 s"]]);
  expect(rows()[0]).toBe(kept);
  act(() => values.current!.write([item("a", [10]), item("b", [2]), item("c", [3])]));
  expect(told()).toEqual([["a", "10 s"], ["c", "3 s"], ["b", "2 s"]]);
  act(() => values.current!.write([item("a", [11]), item("b", [2]), item("c", [4])]));
  expect(told()).toEqual([["a", "11 s"], ["c", "4 s"], ["b", "2 s"]]);
  act(() => root.unmount());
});

describe("a legend beside the plot", () => {
  const room = (width: number, displayMode: string, ...calcs: string[]) => {
    const { side, box, plot } = legendRoom(bucketsPanel.panelOf({ type: "timeseries", options: { legend: { showLegend: true, placement: "right", displayMode, calcs } } }), [item("a", [])], width, 300);
    return [side, Math.round(Number(box.width ?? 0)), plot.width];
  };
  it("has what names and values need, as long as it is not more than the half", () => {
    expect(room(1000, "table", "min", "max", "mean")).toEqual([true, 338, 662]);
    expect(room(560, "table", "min", "max", "mean")).toEqual([true, 276, 284]);
    expect(room(460, "table", "min", "max", "mean")).toEqual([true, 230, 230]);
    expect(room(1000, "list")).toEqual([true, 200, 800]);
  });
  it("stands below where no plot would be left, as on a phone", () => {
    expect(room(350, "table", "min", "max")).toEqual([false, 0, 350]);
    expect(room(350, "list")).toEqual([false, 0, 350]);
    expect(room(400, "list")).toEqual([true, 168, 232]);
  });
});
