import { afterEach, expect, it, vi } from "vitest";
import { fitBar } from "./bar_fit";

afterEach(() => vi.unstubAllGlobals());

/** A bar whose height is that of its lines: `wide` is what it takes with names and links, with links, with neither. */
function bar(room: number, wide: { all: number; names: number; links: number }): HTMLElement {
  const element = document.createElement("div");
  const width = () => wide[(element.dataset.tight as "names" | "links" | undefined) ?? "all"];
  Object.defineProperty(element, "offsetHeight", { configurable: true, get: () => 28 * Math.ceil(width() / room) });
  return element;
}
const fitted = (room: number, wide: { all: number; names: number; links: number }) => {
  const element = bar(room, wide);
  fitBar(element);
  return element.dataset.tight;
};

it("a bar keeps its names where they fit, then the links, and gives up no more than makes it lower", () => {
  expect(fitted(1240, { all: 1000, names: 700, links: 600 })).toBe(undefined);
  expect(fitted(1240, { all: 1300, names: 1200, links: 900 })).toBe("names");
  expect(fitted(1240, { all: 2000, names: 1700, links: 1240 })).toBe("links");
  expect(fitted(1240, { all: 2400, names: 2200, links: 1900 })).toBe(undefined);
});

it("what fits again comes back", () => {
  const element = bar(1240, { all: 1300, names: 1200, links: 900 });
  fitBar(element);
  expect(element.dataset.tight).toBe("names");
  Object.defineProperty(element, "offsetHeight", { get: () => 28 });
  fitBar(element);
  expect(element.dataset.tight).toBe(undefined);
});

it("a phone has its lines, and all names in them", () => {
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  expect(fitted(360, { all: 1300, names: 700, links: 300 })).toBe(undefined);
});
