import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { theme } from "./preferences";
import { addressNow } from "./shell/old_addresses";

const run = new Function(readFileSync("public/first.js", "utf8"));
const root = document.documentElement;

/** What the system says of itself: the colours it prefers, and whether it forces its own. */
function system({ light = false, forced = false }) {
  const holds: Record<string, boolean> = { "(prefers-color-scheme: light)": light, "(forced-colors: active)": forced };
  vi.stubGlobal("matchMedia", (query: string) => {
    if (!(query in holds)) throw new Error(`a question nobody expected: ${query}`);
    return { matches: holds[query] };
  });
}

beforeEach(() => {
  localStorage.clear();
  delete root.dataset.theme;
  delete root.dataset.bare;
});
afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

describe("the theme before the first paint", () => {
  const choices = ["dark", "light", "blue", undefined];
  const systems = [{}, { light: true }, { forced: true }, { light: true, forced: true }];
  it.each(choices.flatMap((chosen) => systems.map((seen) => [chosen, seen] as const)))("is the application's: chosen %s, system %o", (chosen, seen) => {
    system(seen);
    if (chosen !== undefined) localStorage.setItem("pharos.theme", chosen);
    run();
    expect(root.dataset.theme).toBe(theme());
  });
  it("goes with the ground of a system that forces its colours, whatever is chosen", () => {
    localStorage.setItem("pharos.theme", "light");
    system({ forced: true });
    run();
    expect(root.dataset.theme).toBe("dark");
  });
  it("is the system's where the browser refuses its storage", () => {
    system({ light: true });
    vi.stubGlobal("localStorage", { getItem: () => { throw new Error("refused"); } });
    run();
    expect(root.dataset.theme).toBe("light");
  });
});

describe("the frame before the application is there", () => {
  const bareAt = (address: string) => {
    delete root.dataset.bare;
    history.replaceState(null, "", address);
    system({});
    run();
    return root.dataset.bare !== undefined;
  };
  it.each([
    ["/", false],
    ["/dashboards/abc?panel=3", false],
    ["/explore?q=kiosk", false],
    ["/dashboards/abc?kiosk", true],
    ["/dashboards/abc?kiosk=&panel=3", true],
    ["/below/a/prefix/dashboards/abc?from=now-1h&kiosk", true],
  ])("%s: none is %s", (address, bare) => expect(bareAt(address)).toBe(bare));
  it("is left out for Grafana's addresses of single panels, which the application turns into a kiosk's", () => {
    for (const [path, search] of [["/d-solo/abc/name", "panelId=3"], ["/d/abc/name", "viewPanel=3"], ["/d/abc", "kiosk"]] as const)
      expect([path, bareAt(`${path}?${search}`)]).toEqual([path, new URLSearchParams(addressNow(path, search).split("?")[1]).has("kiosk")]);
  });
  it("is hidden by the style sheet that index.html names, by that mark and that class", () => {
    expect(readFileSync("src/styles/shell.css", "utf8")).toMatch(/:root\[data-bare\] \.first \{ display: none; \}/);
    expect(readFileSync("index.html", "utf8")).toMatch(/<div class="shell first">/);
  });
});
