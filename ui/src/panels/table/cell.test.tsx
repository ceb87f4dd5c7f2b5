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

// The rows of one column of these values.
function draw(cellOptions: object, values: unknown[], defaults: object = {}) {
  const panel = bucketsPanel.panelOf({ type: "table", fieldConfig: { defaults: { custom: { cellOptions }, ...defaults }, overrides: [] } });
  const numeric = values.every((value) => typeof value === "number");
  const frame = makeFrame("A", [makeField("v", numeric ? "number" : "string", numeric ? Float64Array.from(values as number[]) : values)]);
  const model = tableOf(panel, applyConfig(panel.fieldConfig, [frame]));
  const interval = { from: 0, to: 60 };
  act(() =>
    root.render(
      <tbody>
        {values.map((_, row) => (
          <Row key={row} columns={model.columns} row={row} height={26}>
            <Cell column={model.columns[0]!} source={model.source} row={row} interval={interval} scope={makeScope([])} theme="dark" />
          </Row>
        ))}
      </tbody>,
    ),
  );
}
const cells = () => [...box.querySelectorAll("td")];

describe("pills", () => {
  it("are the parts of a list, of its JSON, or between commas", () => {
    expect(pillsOf("a, b ,,c")).toEqual(["a", "b", "c"]);
    expect(pillsOf('["a,b", 2, {"c": 1}]')).toEqual(["a,b", "2", '{"c":1}']);
    expect(pillsOf("[broken, b")).toEqual(["[broken", "b"]);
    expect(pillsOf(["x", "y"])).toEqual(["x", "y"]);
    expect(pillsOf(null)).toEqual([]);
    expect(pillsOf("a,".repeat(100))).toHaveLength(20);
  });
  it("have the colour that a mapping gives them, else one of their own; the cell keeps its value", () => {
    draw({ type: "pill" }, ["up, beta", "down"], { mappings: [{ type: "value", options: { up: { text: "UP", color: "#00ff00" } } }] });
    expect(cells().map((td) => [...td.querySelectorAll(".pill")].map((pill) => pill.textContent))).toEqual([["UP", "beta"], ["down"]]);
    const [up, beta] = box.querySelectorAll<HTMLElement>(".pill");
    expect(up!.style.background).toBe("#00ff00");
    expect(beta!.style.background).not.toBe("");
    expect(cells()[0]!.dataset.value).toBe("up, beta");
  });
});

describe("pictures", () => {
  it("are drawn from the text itself or from this server; those of other hosts are a way there", () => {
    draw({ type: "image", alt: "state" }, ["data:image/png;base64,AAAA", "/icons/a.png", "https://example.org/a.png", "//example.org/a.png", "javascript:alert(1)", "data:text/html,x", "/\\example.org"]);
    const shown = cells().map((td) => td.querySelector("img")?.getAttribute("src") ?? td.querySelector("a")?.getAttribute("href") ?? td.textContent);
    expect(shown).toEqual(["data:image/png;base64,AAAA", "/icons/a.png", "https://example.org/a.png", "//example.org/a.png", "javascript:alert(1)", "data:text/html,x", "/\\example.org"]);
    expect(cells().map((td) => td.querySelector("img, a")?.tagName)).toEqual(["IMG", "IMG", "A", undefined, undefined, undefined, undefined]);
    expect(box.querySelector("img")!.alt).toBe("state");
  });
});

describe("texts", () => {
  it("of Markdown are drawn, without any HTML", () => {
    draw({ type: "markdown" }, ["**bold** [run](https://example.org/r) <img src=x onerror=alert(1)>"]);
    expect(box.querySelector("strong")?.textContent).toBe("bold");
    expect(box.querySelector("a")?.getAttribute("href")).toBe("https://example.org/r");
    expect(box.querySelector("img")).toBeNull();
  });
  it("with several links have all of them, as has a cell that is links alone", () => {
    const links = [{ title: "Runbook", url: "/r?v=${__value.raw}" }, { title: "Logs", url: "https://example.org/l" }, { title: "Bad", url: "javascript:alert(1)" }];
    draw({ type: "auto" }, ["a b"], { links });
    expect([...box.querySelectorAll("a")].map((a) => [a.textContent, a.getAttribute("href")])).toEqual([["a b", "/r?v=a%20b"], ["Logs", "https://example.org/l"]]);
    draw({ type: "data-links" }, ["a b"], { links });
    expect([...box.querySelectorAll("a")].map((a) => a.textContent)).toEqual(["Runbook", "Logs"]);
  });
});

describe("grounds", () => {
  const thresholds = { mode: "absolute", steps: [{ color: "green", value: null }, { color: "#ff0000", value: 5 }] };
  it("of one cell reach the whole row where the board says so", () => {
    draw({ type: "color-background", applyToRow: true }, [1, 9], { thresholds });
    const rows = [...box.querySelectorAll("tr")];
    expect(rows.map((row) => row.className)).toEqual(["filled", "filled"]);
    expect(rows[1]!.style.background).toBe("#ff0000");
    draw({ type: "color-background" }, [1, 9], { thresholds });
    expect([...box.querySelectorAll("tr")].map((row) => row.style.background)).toEqual(["", ""]);
    expect(cells()[1]!.style.background).toBe("#ff0000");
  });
  it("are no matter of a text that nothing was said of", () => {
    draw({ type: "color-background", applyToRow: true }, ["x", "y"], { thresholds, mappings: [{ type: "value", options: { y: { color: "#0000ff" } } }] });
    expect([...box.querySelectorAll("tr")].map((row) => row.style.background)).toEqual(["", "#0000ff"]);
  });
});
