import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { shared } from "./shared";
import { useApi } from "./use_api";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  vi.useFakeTimers();
  box = document.createElement("div");
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
});
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

it("the last answer stays while a later question fails, and the error goes with the next answer", async () => {
  const outcomes = [() => Promise.resolve("one"), () => Promise.reject(new Error("no")), () => Promise.resolve("three")];
  const question = vi.fn(() => outcomes.shift()!());
  function View() {
    const { data, error } = useApi("k", question, { every: 1000 });
    return `${data ?? "-"} ${error ?? "-"}`;
  }
  act(() => root.render(<View />));
  await pass(0);
  expect(box.textContent).toBe("one -");
  await pass(1000);
  expect(box.textContent).toBe("one no");
  await pass(2000);
  expect(box.textContent).toBe("three -");
});
it("a new key aborts the old question, whose answer no longer counts", async () => {
  const signals: AbortSignal[] = [];
  const answers: ((text: string) => void)[] = [];
  function View({ name }: { name: string }) {
    const { data } = useApi(name, (signal) => {
      signals.push(signal);
      return new Promise<string>((done) => answers.push(done));
    });
    return data ?? "-";
  }
  act(() => root.render(<View name="a" />));
  act(() => root.render(<View name="b" />));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  answers[1]!("of b");
  await pass(0);
  answers[0]!("of a");
  await pass(0);
  expect(box.textContent).toBe("of b");
});
it("asked again, the question under way is dropped and nothing is rendered before the answer", async () => {
  const signals: AbortSignal[] = [];
  const answers: ((text: string) => void)[] = [];
  let renders = 0;
  let again = () => {};
  function View() {
    renders++;
    const asked = useApi("k", (signal) => {
      signals.push(signal);
      return new Promise<string>((done) => answers.push(done));
    }, { quiet: true });
    again = asked.again;
    return asked.data ?? "-";
  }
  act(() => root.render(<View />));
  for (let i = 0; i < 20; i++) act(() => again());
  await pass(0);
  expect([renders, ...signals.map(({ aborted }) => aborted)]).toEqual([1, true, false]);
  answers[0]!("old");
  answers[1]!("new");
  await pass(0);
  expect([renders, box.textContent]).toEqual([2, "new"]);
  act(() => again());
  await pass(0);
  answers[2]!("new");
  await pass(0);
  expect([signals.length, renders]).toEqual([3, 2]);
  act(() => again());
  act(() => root.render(<></>));
  act(() => again());
  await pass(0);
  expect(signals.length).toBe(3);
});
it("what the server refused is not asked again and again", async () => {
  const question = vi.fn(() => Promise.reject(new Error("parse error")));
  function View() {
    return useApi("k", question).error ?? "-";
  }
  act(() => root.render(<View />));
  await pass(60_000);
  expect([question.mock.calls.length, box.textContent]).toEqual([1, "parse error"]);
});
it("many components ask once, and nobody is asked when none is left", async () => {
  let round = 0;
  const question = vi.fn(async () => ++round);
  const store = shared(question, 1000);
  function View() {
    return store.use().data ?? "-";
  }
  act(() =>
    root.render(
      <>
        <View /> <View />
      </>,
    ),
  );
  await pass(0);
  expect([question.mock.calls.length, box.textContent]).toEqual([1, "1 1"]);
  await pass(1000);
  expect(box.textContent).toBe("2 2");
  act(() => root.render(<></>));
  await pass(5000);
  expect(question).toHaveBeenCalledTimes(2);
});
