import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { expect, it } from "vitest";
import type { Board } from "../../dashboard/model/board";
import { NO_STEPS, redone, stepped, undone, useDraft, type Draft, type Steps } from "./draft";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const board = (title: string) => ({ board: { title } as Board, version: 1 });
const titles = (steps: Steps) => steps.now?.board.title;

it("goes back step by step to the stored board, and forth again", () => {
  let steps = stepped(stepped(NO_STEPS, board("a"), 0), board("b"), 5000);
  steps = undone(steps);
  expect(titles(steps)).toBe("a");
  steps = undone(steps);
  expect(titles(steps)).toBeUndefined();
  expect(titles(undone(steps))).toBeUndefined();
  steps = redone(redone(redone(steps)));
  expect(titles(steps)).toBe("b");
});

it("keys of one word are one step, a change after an undo ends what could be redone", () => {
  const steps = stepped(stepped(stepped(NO_STEPS, board("n"), 0), board("na"), 300), board("name"), 600);
  expect(titles(undone(steps))).toBeUndefined();
  const other = stepped(undone(steps), board("other"), 700);
  expect([titles(other), other.future.length, titles(undone(other))]).toEqual(["other", 0, undefined]);
});

it("keeps a hundred steps", () => {
  let steps = NO_STEPS;
  for (let i = 0; i < 150; i++) steps = stepped(steps, board(String(i)), i * 1000);
  expect(steps.past).toHaveLength(100);
});

it("each step has the version that it was made from, also when it comes back by an undo", () => {
  let held!: Draft;
  const stored = (version: number) => ({ uid: "u", title: "t", version }) as Board;
  const opened = (version: number) => {
    const root = createRoot(document.createElement("div"));
    const Holder = () => ((held = useDraft(stored(version))), null);
    act(() => root.render(createElement(Holder)));
    return () => act(() => root.unmount());
  };
  const write = (title: string) => act(() => held.change(() => ({ ...stored(0), title })));
  const now = () => [held.draft?.title, held.version];
  const leave = opened(3);
  write("of the third");
  expect(now()).toEqual(["of the third", 3]);
  leave();
  // Somebody else has saved a fourth.
  const close = opened(4);
  expect(now()).toEqual(["of the third", 3]);
  act(() => held.discard());
  expect(now()).toEqual([undefined, 4]);
  write("of the fourth");
  expect(now()).toEqual(["of the fourth", 4]);
  act(() => held.undo!());
  act(() => held.undo!());
  expect(now()).toEqual(["of the third", 3]);
  act(() => held.clear());
  expect(now()).toEqual([undefined, 4]);
  close();
});
