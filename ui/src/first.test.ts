import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { theme } from "./preferences";

const run = new Function(readFileSync("public/first.js", "utf8"));

it.each(["dark", "light", "blue", undefined])("before the first paint the theme is the one that the application will have: chosen %s", (chosen) => {
  localStorage.clear();
  if (chosen !== undefined) localStorage.setItem("pharos.theme", chosen);
  delete document.documentElement.dataset.theme;
  run();
  expect(document.documentElement.dataset.theme).toBe(theme());
});
