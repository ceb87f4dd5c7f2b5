import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../api/client";
import type { Board } from "../../dashboard/model/board";
import { useWaiting } from "../../parts/unsaved";
import { BoardPage } from "./board_page";

interface Told {
  dashboard: { uid: string; title: string; id: unknown };
}
const server = vi.hoisted(() => ({ boards: new Map<string, object>(), saved: [] as Told[] }));
vi.mock("../../api/dashboards", async (original) => ({
  ...(await original<object>()),
  getBoard: async (uid: string) => {
    const dashboard = server.boards.get(uid);
    if (dashboard === undefined) throw new ApiError("Dashboard not found", "refused", 404);
    return { dashboard, meta: { canSave: true } };
  },
  saveBoard: async (told: Told) => {
    server.saved.push(told);
    server.boards.set(told.dashboard.uid, told.dashboard);
    return { uid: told.dashboard.uid, url: "", version: 1, status: "success" };
  },
  annotations: async () => [],
  folders: async () => [],
}));
// happy-dom lays nothing out, and the grid has no room for panels.
vi.mock("../../dashboard/view/board_grid", () => ({ BoardGrid: ({ board }: { board: Board }) => <div className="board">{board.panels.map(({ type }) => type)}</div> }));
vi.mock("../../parts/may_change", () => ({ useMayChange: () => ({ may: true, why: undefined, button: (disabled = false) => ({ disabled }) }) }));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {})); // whatever else the page asks for does not come
  server.boards.set("u", { uid: "u", title: "Mine", version: 3, panels: [] });
  server.saved.length = 0;
  document.body.append((box = document.createElement("div")));
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  box.remove();
  vi.unstubAllGlobals();
});

function Rail() {
  return <footer>{useWaiting().map(({ name }) => name)}</footer>;
}
const go = (path: string) =>
  act(async () => {
    history.replaceState(null, "", path);
    root.render(<><Rail />{path.startsWith("/dashboards/") && <BoardPage key={path} uid="u" />}</>);
  });
const button = (name: string, within: ParentNode = box) => [...within.querySelectorAll("button")].find(({ textContent }) => textContent === name);
/** Dialogs and menus are chunks of their own. */
const until = async (check: () => void) => {
  for (let round = 0; round < 200; round++) {
    try {
      return check();
    } catch {
      await act(() => new Promise<void>((done) => setTimeout(done, 10)));
    }
  }
  check();
};
const press = async (name: string, within?: () => ParentNode) => {
  await until(() => expect(button(name, within?.())).toBeDefined());
  await act(async () => button(name, within?.())!.click());
};
const dialog = () => document.querySelector('[role="dialog"]') ?? document.createElement("div");
const waiting = () => box.querySelector("footer")!.textContent;

// A row is added, the board is left, and somebody deletes it.
async function leaveAndDelete() {
  await go("/dashboards/u?edit");
  await press("Add row");
  await go("/alerts");
  expect(waiting()).toBe("Mine");
  server.boards.delete("u");
  await go("/dashboards/u?edit");
}

it("the draft of a board that was deleted meanwhile is shown, and given up", async () => {
  await leaveAndDelete();
  expect(box.querySelector(".trouble")!.textContent).toMatch(/has been deleted/);
  expect(box.querySelector(".board")!.textContent).toBe("row");
  await press("Discard changes");
  expect(location.pathname).toBe("/dashboards");
  await go("/alerts");
  expect(waiting()).toBe("");
  await go("/dashboards/u");
  expect(box.textContent).toContain("There is no dashboard with this address.");
});

it("or saved anew, and is a board like others then", async () => {
  await leaveAndDelete();
  await press("Save");
  await press("Save", dialog);
  await until(() => expect(server.saved.map(({ dashboard: { uid, title, id } }) => [uid, title, id])).toEqual([["u", "Mine", null]]));
  await until(() => expect([box.querySelector(".trouble"), button("Save"), button("Discard changes")]).toEqual([null, undefined, undefined]));
  await go("/alerts");
  expect(waiting()).toBe("");
});
