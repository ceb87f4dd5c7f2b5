import { expect, it } from "vitest";
import { pageName } from "./runbook";

it.each([
  ["packs/dwcp/runbooks/DiskFull.md", "DiskFull.md"],
  ["DiskFull.md#first", "DiskFull.md"],
  ["https://runbooks.example/DiskFull.md", undefined],
  ["javascript:alert(1)//x.md", "x.md"],
  ["../../.md", undefined],
  ["a/.hidden.md", undefined],
  ["a/b%2Fc.md", undefined],
  ["see the wiki", undefined],
])("the page that a runbook_url names: %s", (url, name) => expect(pageName(url)).toBe(name));
