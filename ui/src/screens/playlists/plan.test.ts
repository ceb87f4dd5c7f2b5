import { describe, expect, it } from "vitest";
import type { BoardHit } from "../../api/dashboards";
import { intervalSeconds, moved, shownBoards, step } from "./plan";

const board = (uid: string, ...tags: string[]): BoardHit => ({ id: uid.charCodeAt(0), uid, title: uid.toUpperCase(), tags, isStarred: false, type: "dash-db" });
const boards = [board("b", "wall"), board("a", "wall", "eu"), board("c")];
const uids = (items: Parameters<typeof shownBoards>[0]) => shownBoards(items, boards).shown.map(({ uid }) => uid);

describe("what a playlist shows", () => {
  it("follows the order of its items, tags by title", () => {
    expect(uids([{ type: "dashboard_by_uid", value: "c" }, { type: "dashboard_by_tag", value: "wall" }])).toEqual(["c", "a", "b"]);
    expect(uids([{ type: "dashboard_by_id", value: String("a".charCodeAt(0)) }])).toEqual(["a"]);
  });
  it("never shows a board twice in a row, over the end too", () => {
    expect(uids([{ type: "dashboard_by_uid", value: "a" }, { type: "dashboard_by_tag", value: "eu" }, { type: "dashboard_by_uid", value: "c" }, { type: "dashboard_by_uid", value: "a" }])).toEqual(["a", "c"]);
  });
  it("counts items that name nothing", () => {
    expect(shownBoards([{ type: "dashboard_by_uid", value: "gone" }, { type: "dashboard_by_tag", value: "none" }, { type: "dashboard_by_uid", value: "b" }], boards)).toEqual({ shown: [{ uid: "b", title: "B" }], missing: 2 });
  });
});

it("goes round in both directions", () => {
  expect([step(2, 1, 3), step(0, -1, 3), step(0, 1, 0)]).toEqual([0, 2, 0]);
});

it("takes intervals that the server takes", () => {
  expect([intervalSeconds("1m30s"), intervalSeconds("1s"), intervalSeconds("500ms"), intervalSeconds("8d"), intervalSeconds("soon")]).toEqual([90, 1, undefined, undefined, undefined]);
});

it("moves an item within the list only", () => {
  expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
  expect(moved([1, 2, 3], 2, 1)).toEqual([1, 2, 3]);
});
