import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../api/client";
import type { Playlist } from "../../api/playlists";
import { forgetUnsaved, useWaiting } from "../../parts/unsaved";
import { keyOf, PlaylistEditor } from "./edit";
import { PlaylistList } from "./list";

const server = vi.hoisted(() => ({ lists: new Map<string, Playlist>() }));
vi.mock("../../api/playlists", async (original) => ({
  ...(await original<object>()),
  playlists: async () => [...server.lists.values()],
  playlist: async (uid: string) => structuredClone(server.lists.get(uid)) ?? Promise.reject(new ApiError("playlist not found", "refused", 404)),
  addPlaylist: async (made: Omit<Playlist, "uid" | "version">) => put({ ...made, uid: `new${server.lists.size}`, version: 1 }),
  changePlaylist: async (changed: Playlist) => {
    const stored = server.lists.get(changed.uid);
    if (!stored) throw new ApiError("playlist not found", "refused", 404);
    if (changed.version !== 0 && changed.version !== stored.version) throw new ApiError("changed", "refused", 412);
    return put({ ...changed, version: stored.version + 1 });
  },
  deletePlaylist: async (uid: string) => server.lists.delete(uid),
}));
const put = (one: Playlist) => (server.lists.set(one.uid, one), structuredClone(one));
vi.mock("../../api/dashboards", async (original) => ({ ...(await original<object>()), searchBoards: async () => [] }));
vi.mock("../../parts/may_change", () => ({ useMayChange: () => ({ may: true, why: undefined, button: (disabled = false) => ({ disabled }) }) }));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  server.lists = new Map([["wall", { uid: "wall", name: "Wall", interval: "5m", version: 1, items: [{ type: "dashboard_by_tag", value: "dwcp" }] }]]);
  document.body.append((box = document.createElement("div")));
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  box.remove();
  for (const uid of [undefined, "wall"]) forgetUnsaved(keyOf(uid));
  vi.unstubAllGlobals();
});

function Rail() {
  return <footer>{useWaiting().map(({ name, address }) => `${name} at ${address}`)}</footer>;
}
const go = (path: string) =>
  act(async () => {
    history.replaceState(null, "", path);
    const uid = /edit\/(\w+)/.exec(path)?.[1];
    root.render(
      <>
        <Rail />
        {uid !== undefined ? <PlaylistEditor key={uid} uid={uid} /> : path === "/playlists/new" ? <PlaylistEditor key="new" /> : path === "/playlists" ? <PlaylistList /> : null}
      </>,
    );
  });
const waiting = () => box.querySelector("footer")!.textContent;
const nameField = () => box.querySelector<HTMLInputElement>("input")!;
const write = (text: string) =>
  act(async () => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(nameField(), text);
    nameField().dispatchEvent(new Event("input", { bubbles: true }));
  });
const button = (name: string) => [...document.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name);
const press = async (name: string) => {
  for (let round = 0; round < 200 && !button(name); round++) await act(() => new Promise<void>((done) => setTimeout(done, 10)));
  await act(async () => button(name)!.click());
};

it("a playlist that was changed and left is named in the rail, and found again", async () => {
  await go("/playlists/edit/wall");
  await write("Night wall");
  expect(waiting()).toBe("");
  await go("/alerts");
  expect(waiting()).toBe("Night wall at /playlists/edit/wall");
  await go("/playlists/edit/wall");
  expect([nameField().value, waiting()]).toEqual(["Night wall", ""]);
  await press("Save");
  await go("/alerts");
  expect([server.lists.get("wall")!.name, waiting()]).toEqual(["Night wall", ""]);
});

it("so is a new one, until it is saved; it is saved once", async () => {
  await go("/playlists/new");
  await go("/alerts");
  expect(waiting()).toBe("");
  await go("/playlists/edit/wall");
  await go("/playlists/new");
  await write("Second");
  await go("/alerts");
  expect(waiting()).toBe("Second at /playlists/new");
  await go("/playlists/new");
  expect(nameField().value).toBe("Second");
  await press("Discard changes");
  expect([nameField().value, button("Discard changes")]).toEqual(["", undefined]);
  await go("/alerts");
  expect(waiting()).toBe("");
});

it("what somebody else saved meanwhile is not written over by what was left", async () => {
  await go("/playlists/edit/wall");
  await write("Mine");
  await go("/alerts");
  put({ ...server.lists.get("wall")!, name: "Theirs", version: 2 });
  await go("/playlists/edit/wall");
  await press("Save");
  expect([server.lists.get("wall")!.name, nameField().value]).toEqual(["Theirs", "Mine"]);
  await press("Reload");
  expect([nameField().value, button("Overwrite")]).toEqual(["Theirs", undefined]);
  await go("/alerts");
  expect(waiting()).toBe("");
});

it("what was left of a playlist that is deleted can be saved as a new one", async () => {
  await go("/playlists/edit/wall");
  await write("Mine");
  await go("/alerts");
  server.lists.clear();
  await go("/playlists/edit/wall");
  expect(nameField().value).toBe("Mine");
  await press("Save");
  expect([[...server.lists.values()].map(({ name }) => name), location.pathname]).toEqual([["Mine"], "/playlists/edit/new0"]);
  await go("/alerts");
  expect(waiting()).toBe("");
});

it("who deletes a playlist has given up what was left of it", async () => {
  await go("/playlists/edit/wall");
  await write("Mine");
  await go("/playlists");
  expect(waiting()).toContain("Mine");
  await press("Delete: Wall");
  await press("Delete");
  expect([server.lists.size, waiting()]).toEqual([0, ""]);
});
