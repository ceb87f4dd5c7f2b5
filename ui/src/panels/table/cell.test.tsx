import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeField, makeFrame } from "../../dashboard/data/frame";
import { applyConfig } from "../../dashboard/field/overrides";
import { makeScope } from "../../dashboard/model/scope";
import { bucketsPanel } from "../test_panels";
import { Cell, Row } from "./cell";
import { pillsOf, tableOf } from "./table_model";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("table");
  root = createRoot(box);
});
afterEach(() => act(() => root.unmount()));

// A table of these columns, each with its options; the first one is what `cells` gives.
function drawAll(columns: { values: unknown[]; cellOptions?: object; config?: object; hidden?: boolean }[]) {
  const name = (i: number) => `v${i}`;
  const overrides = columns.map(({ cellOptions = {}, config = {}, hidden = false }, i) => ({
    matcher: { id: "byName", options: name(i) },
    properties: [{ id: "custom.cellOptions", value: cellOptions }, { id: "custom.hidden", value: hidden }, ...Object.entries(config).map(([id, value]) => ({ id, value }))],
  }));
  const panel = bucketsPanel.panelOf({ type: "table", fieldConfig: { defaults: {}, overrides } });
  const fields = columns.map(({ values }, i) => {
    const numeric = values.every((value) => typeof value === "number");
    return makeField(name(i), numeric ? "number" : "string", numeric ? Float64Array.from(values as number[]) : values);
  });
  const model = tableOf(panel, applyConfig(panel.fieldConfig, [makeFrame("A", fields)]));
  const interval = { from: 0, to: 60 };
  act(() =>
    root.render(
      <tbody>
        {columns[0]!.values.map((_, row) => (
          <Row key={row} grounds={model.grounds} row={row} height={26}>
            {model.columns.map((column) => (
              <Cell key={column.name} column={column} source={model.source} row={row} interval={interval} scope={makeScope([])} theme="dark" />
            ))}
          </Row>
        ))}
      </tbody>,
    ),
  );
}
const draw = (cellOptions: object, values: unknown[], config: object = {}) => drawAll([{ values, cellOptions, config }]);
const cells = () => [...box.querySelectorAll("td")];

describe("pills", () => {
  it("are the parts of a list, of its JSON, or between commas", () => {
    expect(pillsOf("a, b ,,c").shown).toEqual(["a", "b", "c"]);
    expect(pillsOf('["a,b", 2, {"c": 1}]').shown).toEqual(["a,b", "2", '{"c":1}']);
    expect(pillsOf("[broken, b").shown).toEqual(["[broken", "b"]);
    expect(pillsOf(["x", "y"]).shown).toEqual(["x", "y"]);
    expect(pillsOf(null)).toEqual({ shown: [], more: 0 });
    expect(pillsOf("a,".repeat(100))).toEqual({ shown: Array<string>(20).fill("a"), more: 80 });
  });
  it("end on any text", () => {
    for (const depth of [4_000, 5_000, 100_000]) expect(pillsOf("[" + "[".repeat(depth) + "]".repeat(depth) + "]").shown.length).toBeLessThan(2);
    let deep: unknown[] = [];
    for (let i = 0; i < 50_000; i++) deep = [deep];
    expect(pillsOf([deep, "b"]).shown[1]).toBe("b");
    expect(pillsOf(",".repeat(1_000_000)).more).toBe(0);
  });
  it("have the colour that a mapping gives them, else their column's or one of their own; the cell keeps its value", () => {
    const mappings = [{ type: "value", options: { up: { text: "UP", color: "#00ff00" } } }];
    draw({ type: "pill" }, ["up, beta", "down"], { mappings });
    expect(cells().map((td) => [...td.querySelectorAll(".pill")].map((pill) => pill.textContent))).toEqual([["UP", "beta"], ["down"]]);
    const [up, beta] = box.querySelectorAll<HTMLElement>(".pill");
    expect(up!.style.background).toBe("#00ff00");
    expect(beta!.style.background).not.toBe("");
    expect(cells()[0]!.dataset.value).toBe("up, beta");
    draw({ type: "pill" }, ["up, beta"], { mappings, color: { mode: "fixed", fixedColor: "#123456" } });
    expect([...box.querySelectorAll<HTMLElement>(".pill")].map((pill) => pill.style.background)).toEqual(["#00ff00", "#123456"]);
  });
  it("are of texts: numbers stay numbers, whatever a whole panel says", () => {
    for (const type of ["pill", "markdown", "image"]) {
      draw({ type }, [1.5, NaN], { unit: "bytes" });
      expect(cells().map((td) => td.innerHTML)).toEqual(["1.5 B", "–"]);
    }
  });
});

describe("pictures", () => {
  it("are drawn from the text itself; those of other hosts are links to them, all else is text", () => {
    const texts = ["data:image/png;base64,AAAA", "https://example.org/a.png", "/api/v1/oncall/heartbeats/x", "/../x.png", "//example.org/a.png", "javascript:alert(1)", "data:text/html,x", "n/a", ""];
    draw({ type: "image", alt: "state" }, texts);
    expect(cells().map((td) => td.querySelector("img, a")?.tagName)).toEqual(["IMG", "A", ...Array<undefined>(7).fill(undefined)]);
    expect(cells().slice(2).map((td) => td.textContent)).toEqual([...texts.slice(2, -1), "–"]);
    expect([box.querySelector("img")!.alt, box.querySelector("a")!.textContent]).toEqual(["state", "state"]);
  });
  it("may be named by a mapping, and lead somewhere", () => {
    draw({ type: "image" }, ["up"], { mappings: [{ type: "value", options: { up: { text: "data:image/gif;base64,AA" } } }], links: [{ title: "One", url: "/1" }, { title: "Two", url: "/2" }] });
    expect(box.querySelector("a > img")!.getAttribute("src")).toBe("data:image/gif;base64,AA");
    expect([box.querySelector("img")!.alt, ...[...box.querySelectorAll("a")].map((a) => a.getAttribute("href"))]).toEqual(["v0", "/1", "/2"]);
  });
});

describe("texts", () => {
  const links = [{ title: "Runbook", url: "/r?v=${__value.raw}" }, { title: "Logs", url: "https://example.org/l" }, { title: "Bad", url: "javascript:alert(1)" }];
  const drawn = () => [...box.querySelectorAll("a")].map((a) => [a.textContent, a.getAttribute("href")]);
  it("of Markdown are drawn, without any HTML; of long ones their beginning", () => {
    draw({ type: "markdown" }, ["**bold** [run](https://example.org/r) <img src=x onerror=alert(1)>", `${" _a".repeat(20_000)}`]);
    expect(box.querySelector("strong")?.textContent).toBe("bold");
    expect(box.querySelector("a")?.getAttribute("href")).toBe("https://example.org/r");
    expect(box.querySelector("img")).toBeNull();
    expect(cells()[1]!.textContent!.length).toBeLessThan(1100);
  });
  it("with several links have all of them, as has a cell that is links alone", () => {
    draw({ type: "auto" }, ["a b"], { links });
    expect(drawn()).toEqual([["a b", "/r?v=a%20b"], ["Logs", "https://example.org/l"]]);
    draw({ type: "data-links" }, ["a b"], { links });
    expect(drawn()).toEqual([["Runbook", "/r?v=a%20b"], ["Logs", "https://example.org/l"]]);
    for (const type of ["pill", "markdown"]) {
      draw({ type }, ["a"], { links });
      expect(drawn()).toEqual([["Runbook", "/r?v=a"], ["Logs", "https://example.org/l"]]);
    }
    draw({ type: "auto" }, ["a"], { links: links.slice(0, 1) });
    expect(box.querySelector("td > a")?.textContent).toBe("a");
  });
});

describe("grounds", () => {
  const thresholds = { mode: "absolute", steps: [{ color: "green", value: null }, { color: "#ff0000", value: 5 }, { color: "transparent", value: 100 }] };
  const rows = () => [...box.querySelectorAll("tr")].map((row) => row.style.background);
  const of = { cellOptions: { type: "color-background", applyToRow: true }, config: { thresholds } };
  it("of one cell reach the whole row where the board says so, also if its column is hidden", () => {
    for (const hidden of [false, true]) {
      drawAll([{ values: ["a", "b"] }, { values: [1, 9], ...of, hidden }]);
      expect(rows()[0]).not.toBe("");
      expect(rows()[1]).toBe("#ff0000");
      expect(box.querySelectorAll("tr.filled")).toHaveLength(2);
    }
    drawAll([{ values: [1, 9], cellOptions: { type: "color-background" }, config: { thresholds } }]);
    expect(rows()).toEqual(["", ""]);
    expect(cells()[1]!.style.background).toBe("#ff0000");
  });
  it("are none where there is no value, none that could be seen, and of a text that no mapping has", () => {
    drawAll([{ values: [NaN, 200], ...of }]);
    expect([rows(), cells().map((td) => td.className)]).toEqual([["", ""], ["num cut", "num cut"]]);
    drawAll([{ values: ["x", "y", "", null], ...of, config: { thresholds, mappings: [{ type: "value", options: { y: { color: "#0000ff" } } }] } }]);
    expect(rows()).toEqual(["", "#0000ff", "", ""]);
  });
});
