import { act, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forgetUnsaved, unsaved, useUnsaved, useWaiting } from "./unsaved";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("div");
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  for (const key of ["a", "b"]) forgetUnsaved(key);
});

function Writes({ id, value }: { id: string; value: string | undefined }) {
  useUnsaved(id, value, { name: `Name of ${id}`, address: `/${id}` });
  return null;
}
function Rail() {
  return useWaiting().map(({ name, address }) => `${name} at ${address}; `);
}
const show = (...writers: [string, string | undefined][]) =>
  act(() =>
    root.render(
      <StrictMode>
        <Rail />
        {writers.map(([id, value]) => (
          <Writes key={id} id={id} value={value} />
        ))}
      </StrictMode>,
    ),
  );
const asks = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));

it("what is left unsaved is named while its screen is not shown, and found again", () => {
  show(["a", "first"]);
  expect([box.textContent, unsaved("a"), asks()]).toEqual(["", "first", true]);
  show(["a", "second"], ["b", undefined]);
  expect([box.textContent, unsaved("a"), unsaved("b")]).toEqual(["", "second", undefined]);
  show(["b", undefined]);
  expect([box.textContent, unsaved("a"), asks()]).toEqual(["Name of a at /a; ", "second", true]);
  show(["a", unsaved("a")]);
  expect(box.textContent).toBe("");
});
it("what is saved is forgotten, also when its screen goes with it", () => {
  show(["a", "one"], ["b", "two"]);
  show(["a", undefined], ["b", "two"]);
  expect([unsaved("a"), asks()]).toEqual([undefined, true]);
  forgetUnsaved("b");
  show();
  expect([box.textContent, unsaved("b"), asks()]).toEqual(["", undefined, false]);
});
