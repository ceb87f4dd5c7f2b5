// Series of one graph are told apart by those too who see no red, no green or no blue: the colours as these see them
// (Machado, Oliveira and Fernandes 2009, severity 1) keep a distance in CIE L*a*b*, where 2 is just seen side by side.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PALETTE } from "../dashboard/field/colors";
import { SERIES_COLORS } from "./colors";

const DISTANCE_MIN = 11;
const SEEN: Record<string, readonly number[]> = {
  all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  "no red": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  "no green": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  "no blue": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
const times = (m: readonly number[], v: readonly number[]) => [0, 3, 6].map((row) => m[row]! * v[0]! + m[row + 1]! * v[1]! + m[row + 2]! * v[2]!);
const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const root = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);

function lab(color: string, seen: readonly number[]): number[] {
  const light = times(seen, [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255))).map((c) => Math.min(1, Math.max(0, c)));
  const [x, y, z] = times([0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505], light);
  return [116 * root(y!) - 16, 500 * (root(x! / 0.9505) - root(y!)), 200 * (root(y!) - root(z! / 1.089))];
}

const css = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../styles/theme.css"), "utf8");
const ofTheme = (block: string) => [...block.matchAll(/--c\d: (#[0-9a-f]{6});/g)].map(([, color]) => color!);
const [dark, light] = css.split(':root[data-theme="light"]').map(ofTheme);

test.each([
  ["dark", dark!],
  ["light", light!],
  ["of boards", PALETTE.slice(0, SERIES_COLORS)],
])("series colours are told apart: %s", (_, colors) => {
  expect(colors).toHaveLength(SERIES_COLORS);
  for (const [who, seen] of Object.entries(SEEN))
    colors.forEach((one, i) =>
      colors.slice(0, i).forEach((other) => {
        const distance = Math.hypot(...lab(one, seen).map((value, axis) => value - lab(other, seen)[axis]!));
        expect(distance, `${one} and ${other}, seen with ${who}`).toBeGreaterThan(DISTANCE_MIN);
      }),
    );
});
