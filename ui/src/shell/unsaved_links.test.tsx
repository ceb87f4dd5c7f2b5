import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, it } from "vitest";
import { forgetUnsaved, useUnsaved } from "../parts/unsaved";
import { UnsavedLinks } from "./unsaved_links";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

function Writes({ id }: { id: string }) {
  useUnsaved(id, id, { name: `Board ${id}`, address: `/${id}` });
  return null;
}

it("the rail leads to four things that are not saved, and says how many more there are and what they are", () => {
  const box = document.createElement("div");
  const root = createRoot(box);
  const leave = (ids: string[]) => {
    act(() => root.render(ids.map((id) => <Writes key={id} id={id} />)));
    act(() => root.render(<UnsavedLinks onClose={() => {}} />));
    return [[...box.querySelectorAll("a")].map((link) => link.getAttribute("href")), [...box.querySelectorAll("span.cut")].map((more) => [more.textContent, more.getAttribute("title")])];
  };
  expect(leave(["a", "b", "c", "d"])).toEqual([["/a", "/b", "/c", "/d"], []]);
  expect(leave(["e", "f"])).toEqual([["/a", "/b", "/c", "/d"], [["and 2 more not saved", "Board e\nBoard f"]]]);
  act(() => root.unmount());
  for (const id of "abcdef") forgetUnsaved(id);
});
