import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, vi } from "vitest";
import { usePaced } from "./paced";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

it("a value reaches components in frames, no more of them in one than its time allows; what hurries has it at once", () => {
  const frames: FrameRequestCallback[] = [];
  let now = 0;
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const box = document.createElement("div");
  const root = createRoot(box);
  const View = ({ value }: { value: string }) => {
    now += 4; // ms that it costs to render one: a frame has time for two
    return usePaced(value, (held) => held === "");
  };
  const draw = (value: string) => act(() => root.render([1, 2, 3, 4].map((n) => <View key={n} value={value} />)));
  const frame = () => act(() => frames.splice(0).forEach((one) => one(now)));
  draw("");
  draw("a");
  expect(box.textContent).toBe("aaaa");
  draw("b");
  expect(box.textContent).toBe("aaaa");
  frame();
  expect(box.textContent).toBe("bbaa");
  draw("c");
  frame();
  expect(box.textContent).toBe("ccaa");
  frame();
  expect(box.textContent).toBe("cccc");
  act(() => root.unmount());
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
