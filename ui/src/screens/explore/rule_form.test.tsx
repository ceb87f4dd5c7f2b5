import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import RuleForm from "./rule_form";

const answer = vi.hoisted(() => ({ evaluatedFrom: "", evaluatedTo: "1970-01-01T02:00:00Z", rules: [{ fired: 0, firingSeconds: 0, lastError: "", episodes: [] }] }));
vi.mock("../../api/alerts", async (original) => ({ ...(await original<object>()), backtest: () => Promise.resolve(answer) }));
vi.mock("../../parts/may_change", () => ({ useMayChange: () => ({ may: true, why: undefined, button: () => ({ disabled: false }) }) }));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("div");
  root = createRoot(box);
});
afterEach(() => act(() => root.unmount()));

it.each([
  ["all of it is stored", "1970-01-01T01:00:00Z", "Would not have fired in this range."],
  ["what is stored begins later", "1970-01-01T01:30:00Z", "Nothing is stored before 1970-01-01 01:30:00.Would not have fired in this range."],
  ["nothing is stored", "1970-01-01T02:00:00Z", "Nothing is stored of this range."],
])("a backtest says of what it speaks: %s", async (_, from, said) => {
  answer.evaluatedFrom = from;
  act(() => root.render(<RuleForm expr="up" title="" labels={{}} interval={{ from: 3600, to: 7200 }} zone="UTC" onClose={() => {}} />));
  const button = [...box.querySelectorAll("button")].find(({ textContent }) => textContent?.startsWith("Backtest"))!;
  await act(async () => button.click());
  expect([...box.querySelectorAll(".row.wrap > span")].map(({ textContent }) => textContent).join("")).toBe(said);
});
