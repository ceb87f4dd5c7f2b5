import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EMPTY_SCOPE } from "../data/panel_query";
import { importBoard } from "../model/import_board";
import { fixedRange, type MovingRange } from "../../time/range";
import { useMarks, type BoardMarks } from "./use_marks";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const server = vi.hoisted(() => ({ posted: [] as object[], fails: false }));
vi.mock("../../api/dashboards", () => ({
  annotations: () => (server.fails ? Promise.reject(new Error("out of reach")) : Promise.resolve(server.posted)),
}));
vi.mock("../../live/live", () => ({ useTopic: () => {} }));

const read = importBoard({ title: "b", uid: "b", panels: [] });
if ("error" in read) throw new Error(read.error);
const { board } = read;
const SCOPE = { ...EMPTY_SCOPE };
let root: Root;
let shown: BoardMarks;
function Reader({ range, scope }: { range: MovingRange; scope: typeof SCOPE }) {
  shown = useMarks(board, scope, range);
  return null;
}
const render = (to: number, scope = SCOPE) => act(async () => root.render(<Reader range={fixedRange({ from: 0, to })} scope={scope} />));
beforeEach(() => void (root = createRoot(document.createElement("div"))));
afterEach(() => act(() => root.unmount()));

it("a list that cannot be asked keeps its marks, and says why; another question has none of them", async () => {
  server.posted = [{ id: 1, time: 10_000, timeEnd: 10_000, text: "deployed", tags: [] }];
  await render(100);
  expect([shown.marks.all.map(({ from }) => from), shown.error]).toEqual([[10], undefined]);
  server.fails = true;
  await render(200);
  expect([shown.marks.all.map(({ from }) => from), shown.error]).toEqual([[10], "Changes: out of reach"]);
  await render(200, { ...EMPTY_SCOPE });
  expect(shown.marks.all).toEqual([]);
  server.fails = false;
  await render(300);
  expect([shown.marks.all.map(({ from }) => from), shown.error]).toEqual([[10], undefined]);
});
