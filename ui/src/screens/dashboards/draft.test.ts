import { expect, it } from "vitest";
import type { Board } from "../../dashboard/model/board";
import { NO_STEPS, redone, stepped, undone } from "./draft";

const board = (title: string) => ({ title }) as Board;
const titles = (steps: { now: Board | undefined }) => steps.now?.title;

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
