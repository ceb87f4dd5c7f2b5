// Named checks that are counted, and what they are made of.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const counts = { passed: 0, failed: 0 };

export async function check(name, body) {
  try {
    await body();
    counts.passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    counts.failed++;
    console.log(`FAIL  ${name}: ${String(error?.message ?? error).slice(0, 800)}`);
  }
}
export function expect(condition, what) {
  if (!condition) throw new Error(what);
}
export function equal(actual, wanted, what) {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}
export function near(actual, wanted, what) {
  if (!(Math.abs(actual - wanted) <= Math.abs(wanted) * 1e-9 + 1e-12)) throw new Error(`${what}: ${actual} instead of ${wanted}`);
}

/** What axe finds of serious and critical violations fails the check. */
export async function axe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () =>
    (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] })).violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`),
  );
  expect(found.length === 0, found.join("; "));
}
