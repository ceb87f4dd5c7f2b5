import { expect, it } from "vitest";
import { MarkList } from "./mark_list";

const mark = { from: 1, to: 1, title: "a", text: "", tags: [], color: "red", source: "" };

it("tells of other marks, not of the same ones once more, and nobody who has left", () => {
  const list = new MarkList();
  let told = 0;
  const leave = list.onChange(() => told++);
  list.set([mark]);
  const kept = list.all;
  list.set([{ ...mark }]);
  expect([told, list.all]).toEqual([1, kept]);
  expect(list.all).toBe(kept);
  leave();
  list.set([]);
  expect([told, list.all]).toEqual([1, []]);
});
