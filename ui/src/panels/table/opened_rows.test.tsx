import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { bucketsPanel } from "../test_panels";
import { groupKeys, useOpenedRows } from "./opened_rows";
import { rowOrder, tableOf } from "./table_model";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("div");
  root = createRoot(box);
});
afterEach(() => act(() => root.unmount()));

const { panelOf, dataOf } = bucketsPanel;
const fields = { Metric: { operation: "groupby", aggregations: [] }, Value: { operation: "aggregate", aggregations: ["count"] } };
const panel = panelOf({ type: "table", transformations: [{ id: "seriesToRows" }, { id: "groupToNestedTable", options: { fields } }] });

// The rows of the table that series of these places make, as it draws them.
function Rows({ places }: { places: readonly string[] }) {
  const model = tableOf(panel, preparedFrames(panel, dataOf(places.map((place) => ({ metric: { place }, values: [1, 2] })))).frames);
  const rows = rowOrder(model, undefined, "");
  const opened = useOpenedRows(model.nested, rows);
  return (
    <>
      <button type="button" className="all" aria-expanded={opened.anyOpen} onClick={opened.toggleAll} />
      {rows.map((row) => (
        <button key={row} type="button" className="one" aria-expanded={opened.isOpen(row)} onClick={() => opened.toggle(row)}>
          {String(model.columns[0]!.field.values[row])}
        </button>
      ))}
    </>
  );
}
const draw = (...places: string[]) => act(() => root.render(<Rows places={places} />));
const open = () => [...box.querySelectorAll(".one[aria-expanded=true]")].map((button) => button.textContent);
const click = (button: Element | undefined | null) => act(() => (button as HTMLElement).click());
const named = (name: string) => [...box.querySelectorAll(".one")].find((button) => button.textContent === name);

it("an opened group stays the one that is open when a tick brings the groups in another order", () => {
  draw("ams", "fra", "lhr");
  click(named("fra"));
  expect(open()).toEqual(["fra"]);
  draw("fra", "lhr", "ams");
  expect(open()).toEqual(["fra"]);
  draw("lhr", "ams");
  expect([open(), box.querySelector(".all")?.getAttribute("aria-expanded")]).toEqual([[], "false"]);
  draw("ams", "fra");
  expect(open()).toEqual(["fra"]);
});

it("all are opened and closed at once", () => {
  draw("ams", "fra");
  click(box.querySelector(".all"));
  expect(open()).toEqual(["ams", "fra"]);
  draw("fra", "ams", "lhr");
  expect(open()).toEqual(["fra", "ams"]);
  click(box.querySelector(".all"));
  expect(open()).toEqual([]);
});

it("groups of equal values, as of several frames in one, are opened apart", () => {
  const nested = ["a", "b", "a", "a"].map((group) => ({ group, refId: "A", name: "", fields: [], length: 0 }));
  expect(groupKeys(nested)).toEqual(["a", "b", "a 1", "a 2"]);
});
