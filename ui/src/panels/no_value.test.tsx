import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { NoValue } from "./no_value";
import { bucketsPanel } from "./test_panels";

const { panelOf, dataOf } = bucketsPanel;
const said = (json: object, why?: string) => renderToStaticMarkup(<NoValue panel={panelOf(json)} data={dataOf([])} why={why} />).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();

it("a panel without data says why", () => {
  expect(said({ type: "stat" })).toBe("No data This panel has no query.");
  expect(said({ type: "stat", targets: [{ refId: "A", expr: "up" }] })).toBe("No data The query gave no series in this range.");
  expect(said({ type: "stat", targets: [{ refId: "A", expr: "up" }] }, "A line is missing.")).toBe("No data A line is missing.");
});

it("a library panel whose definition is elsewhere is named, with how it comes along", () => {
  expect(said({ libraryPanel: { uid: "u1", name: "Fleet load" } })).toBe("No data The library panel &quot;Fleet load&quot; is not in the file of this dashboard. Export that from Grafana for sharing, which brings it along.");
  expect(said({ libraryPanel: { uid: "u1", name: "Fleet load" }, targets: [{ refId: "A", expr: "up" }] })).toBe("No data The query gave no series in this range.");
});
