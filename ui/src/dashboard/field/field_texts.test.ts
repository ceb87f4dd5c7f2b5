import { describe, expect, it } from "vitest";
import { displayNameOf, makeField, makeFrame } from "../data/frame";
import { preparedFrames, shownValues } from "../data/panel_frames";
import { ShownMaker } from "../data/shown_maker";
import { PictureMaker } from "../../panels/timeseries/picture";
import { objectOf, objectsOf } from "../model/json";
import { bucketsPanel } from "../../panels/test_panels";

const { panelOf, dataOf } = bucketsPanel;
const data = dataOf([{ metric: { region: "eu", "k8s.pod": "p" }, values: [1, 2] }, { metric: { region: "<us>" }, values: [3, 4] }]);
const named = (displayName: string, more: object = {}) => panelOf({ type: "stat", fieldConfig: { defaults: { displayName }, overrides: [] }, ...more });
const titles = (displayName: string) => shownValues(named(displayName), preparedFrames(named(displayName), data).frames).map(({ title }) => title);

describe("a field named by what is in it", () => {
  it.each([
    ["${__field.labels.region}", ["eu", "<us>"]],
    ["R ${__field.labels.region} ${__field.labels[\"k8s.pod\"]}", ["R eu p", "R <us> "]],
    ["${__field.labels.nobody}!", ["!", "!"]],
    ["${__series.name}", ["region=eu k8s.pod=p", "region=<us>"]],
    ["$__field_name / ${__field.displayName}", ["region=eu k8s.pod=p / region=eu k8s.pod=p", "region=<us> / region=<us>"]],
    ["$region stays", ["$region stays", "$region stays"]],
  ])("%s", (text, wanted) => expect(titles(text)).toEqual(wanted));
  it("is named so in graphs and at each tick", () => {
    const panel = named("r ${__field.labels.region}", { type: "timeseries" });
    expect(new PictureMaker().make(panel, data).series.map(({ name }) => name)).toEqual(["r eu", "r <us>"]);
    const maker = new ShownMaker(10);
    maker.make(panel, data);
    expect(maker.make(panel, { ...data, version: 2 }).values.map(({ title }) => title)).toEqual(["r eu", "r <us>"]);
  });
  it("is so by an override, too, over what the panel says of all", () => {
    const panel = panelOf({ type: "stat", fieldConfig: { defaults: { displayName: "all" }, overrides: [{ matcher: { id: "byType", options: "number" }, properties: [{ id: "displayName", value: "of ${__field.labels.region}" }] }] } });
    const { frames } = preparedFrames(panel, data);
    expect(frames.map((frame) => displayNameOf(frame.fields[1]!, frame, frames))).toEqual(["of eu", "of <us>"]);
  });
});

it("is chosen by its own name, too", () => {
  const panel = named("${__field.labels.region}", { options: { reduceOptions: { fields: "/^Value$/" } } });
  expect(shownValues(panel, preparedFrames(panel, data).frames).map(({ title }) => title)).toEqual(["eu", "<us>"]);
});

describe("rows as values", () => {
  const rowsOf = (displayName?: string, steps: object[] = []) => {
    const panel = panelOf({ type: "stat", options: { reduceOptions: { values: true } }, transformations: [{ id: "reduce", options: { reducers: ["max", "min"] } }, ...steps], fieldConfig: { defaults: displayName === undefined ? {} : { displayName }, overrides: [] } });
    return shownValues(panel, preparedFrames(panel, data).frames).map(({ title }) => title);
  };
  it("are called by their texts, and by their column where there are several", () => expect(rowsOf()).toEqual(["region=eu k8s.pod=p Max", "region=<us> Max", "region=eu k8s.pod=p Min", "region=<us> Min"]));
  it("or as the board says, with cells of the row", () => {
    expect(rowsOf("${__data.fields.Field}: ${__data.fields[2]}").slice(0, 2)).toEqual(["region=eu k8s.pod=p: 1", "region=<us>: 3"]);
    expect(rowsOf("$__cell_1").slice(0, 2)).toEqual(["2", "4"]);
  });
  it("with cells as they are shown, or as numbers", () => {
    const unit = [{ id: "calculateField", options: { mode: "unary", unary: { fieldName: "Max", operator: "abs" }, alias: "percent" } }];
    expect(rowsOf("${__data.fields.Max} ${__data.fields.Max.text} ${__data.fields.Max.numeric:raw}", unit).slice(0, 2)).toEqual(["2 2 2", "4 4 4"]);
    const mapped = panelOf({ type: "stat", options: { reduceOptions: { values: true } }, fieldConfig: { defaults: { unit: "percent", mappings: [{ type: "value", options: { eu: { text: "Europe" } } }] }, overrides: [] } });
    const frame = makeFrame("A", [{ ...makeField("region", "string", ["eu", "us"]), config: mapped.fieldConfig.defaults }, { ...makeField("load", "number", [1, 2]), config: { ...mapped.fieldConfig.defaults, displayName: "${__data.fields.region}: ${__data.fields.load}, ${__data.fields.load.text}" } }]);
    expect(shownValues(mapped, [frame]).map(({ title }) => title)).toEqual(["Europe: 1%, 1", "us: 2%, 2"]);
    const plain = { ...frame, fields: [frame.fields[0]!, { ...frame.fields[1]!, config: {} }] };
    expect(shownValues(mapped, [plain]).map(({ title }) => title)).toEqual(["Europe", "us"]);
  });
  it("are as many as the limit, of all columns together", () => {
    const panel = panelOf({ type: "stat", options: { reduceOptions: { values: true, limit: 3 } } });
    expect(shownValues(panel, [makeFrame("A", [makeField("a", "number", [1, 2]), makeField("b", "number", [3, 4])])]).map(({ value }) => value)).toEqual([1, 2, 3]);
  });
});

it("what a step sets of a field goes before what the panel says of all", () => {
  const of = (mapping: object) => {
    const panel = panelOf({
      type: "timeseries",
      transformations: [{ id: "configFromData", options: { configRefId: "L", mappings: [{ fieldName: "limit", ...mapping }] } }],
      fieldConfig: { defaults: { max: 5, min: 1, thresholds: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 80 }] } }, overrides: [] },
    });
    const limit = dataOf([{ metric: {}, values: [95, 95] }]).answers[0]!;
    const { frames } = preparedFrames(panel, { ...data, answers: [...data.answers, { ...limit, question: { ...limit.question, refId: "L", legendFormat: "limit" } }] });
    const { max, min, thresholds } = frames[0]!.fields[1]!.config;
    return [frames.length, min, max, objectsOf(objectOf(thresholds).steps).map(({ value }) => value)];
  };
  expect(of({ handlerKey: "max" })).toEqual([2, 1, 95, [null, 80]]);
  expect(of({ handlerKey: "threshold1", handlerArguments: { threshold: { color: "orange" } } })).toEqual([2, 1, 5, [null, 95]]);
});
