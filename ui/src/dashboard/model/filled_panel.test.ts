import { expect, it } from "vitest";
import { bucketsPanel } from "../../panels/test_panels";
import { filledPanel } from "./filled_panel";
import { makeScope } from "./scope";

const scope = makeScope([{ name: "least", kind: "textbox", values: ["90"], texts: ["90"], multi: false }, { name: "foo", kind: "custom", values: ["X"], texts: ["Ex"], multi: false }], [["__interval", "1m"]]);

it("a panel without variables is the panel itself", () => {
  const panel = bucketsPanel.panelOf({ type: "stat", transformations: [{ id: "reduce", options: { reducers: ["max"] } }], fieldConfig: { defaults: { displayName: "plain" }, overrides: [] } });
  expect(filledPanel(panel, scope)).toBe(panel);
});

it("variables are filled into transformations and names, not into patterns and not into the board", () => {
  const panel = bucketsPanel.panelOf({
    type: "table",
    transformations: [
      { id: "filterByValue", options: { filters: [{ fieldName: "v", config: { id: "greater", options: { value: "$least" } } }, { fieldName: "n", config: { id: "regex", options: { value: "^$foo" } } }] } },
      { id: "calculateField", options: { alias: "of ${foo:text} per $__interval" } },
      { id: "renameByRegex", options: { regex: "(.*)$foo", renamePattern: "$1" } },
    ],
    fieldConfig: { defaults: { displayName: "$foo ${__field.labels.a}", noValue: "[[foo]]", custom: { axisLabel: "in $foo", width: 7 } }, overrides: [{ matcher: { id: "byName", options: "a" }, properties: [{ id: "displayName", value: "$foo" }, { id: "unit", value: "prefix:$foo" }] }] },
  });
  const before = JSON.stringify(panel);
  const filled = filledPanel(panel, scope);
  expect(JSON.stringify(panel)).toBe(before);
  expect(filled.transformations.map(({ options }) => options)).toEqual([
    { filters: [{ fieldName: "v", config: { id: "greater", options: { value: "90" } } }, { fieldName: "n", config: { id: "regex", options: { value: "^$foo" } } }] },
    { alias: "of Ex per 1m" },
    { regex: "(.*)$foo", renamePattern: "$1" },
  ]);
  expect(filled.fieldConfig.defaults).toMatchObject({ displayName: "X ${__field.labels.a}", noValue: "X", custom: { axisLabel: "in X", width: 7 } });
  expect(filled.fieldConfig.overrides[0]!.properties.map(({ value }) => value)).toEqual(["X", "prefix:$foo"]);
});

it("a variable may say how wide a heatmap counts", () => {
  const panel = bucketsPanel.panelOf({ type: "heatmap", options: { calculate: true, calculation: { xBuckets: { mode: "size", value: "$__interval" }, yBuckets: { mode: "size", value: "$least" } }, legend: { show: "$foo" } } });
  expect(filledPanel(panel, scope).options).toEqual({ calculate: true, calculation: { xBuckets: { mode: "size", value: "1m" }, yBuckets: { mode: "size", value: "90" } }, legend: { show: "$foo" } });
});
