import { expect, it } from "vitest";
import { diffLines, hunks } from "./diff";

const marks = (before: string, after: string) => diffLines(before, after).map(({ kind, text }) => `${{ same: " ", gone: "-", come: "+" }[kind]}${text}`);

it("says which lines went and came", () => {
  expect(marks("a\nb\nc\nd", "a\nx\nc\nd\ne")).toEqual([" a", "-b", "+x", " c", " d", "+e"]);
  expect(marks("a", "a")).toEqual([" a"]);
  expect(marks("", "a")).toEqual(["-", "+a"]);
});
it("both texts come back out of the difference", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 50; round++) {
    const text = () => Array.from({ length: random(12) }, () => "abc"[random(3)]).join("\n");
    const [before, after] = [text(), text()];
    const lines = diffLines(before, after);
    expect(lines.filter(({ kind }) => kind !== "come").map(({ text }) => text).join("\n")).toBe(before);
    expect(lines.filter(({ kind }) => kind !== "gone").map(({ text }) => text).join("\n")).toBe(after);
  }
});
it("leaves out what is far from a change", () => {
  const before = Array.from({ length: 40 }, (_, i) => String(i)).join("\n");
  const shown = hunks(diffLines(before, before.replace("\n20\n", "\nx\n")), 1);
  expect(shown.map((line) => (line === "…" ? line : line.text))).toEqual(["…", "19", "20", "x", "21", "…"]);
  expect(hunks(diffLines(before, before))).toEqual([]);
});
