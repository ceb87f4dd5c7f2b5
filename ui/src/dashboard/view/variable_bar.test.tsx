import { act, useState } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, vi } from "vitest";
import type { AdhocFilter, VariableState } from "../model/variables";
import { VariableBar } from "./variable_bar";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
vi.mock("../../api/client", async (original) => ({ ...(await original<object>()), ask: () => Promise.resolve([]) }));

const state: VariableState = { name: "f", label: "Filters", kind: "adhoc", hide: 0, multi: false, includeAll: false, allValue: "", options: [], chosen: [], filters: [], baseFilters: [] };

function Board() {
  const [filters, setFilters] = useState<AdhocFilter[]>([{ key: "job", operator: "=", value: "a" }]);
  return <VariableBar states={[{ ...state, filters }]} choose={() => {}} setFilters={(_name, next) => setFilters(next)} />;
}

it("filters: what was written with Enter, left with Escape or taken away leaves the focus at what adds one", async () => {
  const box = document.body.appendChild(document.createElement("div"));
  const root = createRoot(box);
  await act(async () => root.render(<Board />));
  const adder = () => box.querySelector<HTMLButtonElement>('button[aria-label="Add a filter"]');
  const filters = () => [...box.querySelectorAll(".adhoc > .mono")].map((one) => one.textContent);
  const write = async (name: string) => {
    await act(async () => adder()!.click());
    const field = box.querySelector("input")!;
    expect(document.activeElement).toBe(field);
    await act(async () => {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(field, name);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    return field;
  };
  const form = async (field: HTMLElement) => act(async () => void field.closest("form")!.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await form(await write("region"));
  expect([filters(), document.activeElement]).toEqual([["job = a ×", "region =  ×"], adder()]);
  const field = await write("other");
  await act(async () => void field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true })));
  expect([filters(), document.activeElement]).toEqual([["job = a ×", "region =  ×"], adder()]);
  await act(async () => box.querySelector<HTMLButtonElement>(".adhoc > .mono")!.click());
  expect([filters(), document.activeElement]).toEqual([["region =  ×"], adder()]);
  await act(async () => root.unmount());
  box.remove();
});
