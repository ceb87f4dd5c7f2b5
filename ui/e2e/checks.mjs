// What the scripts of this folder are made of: named checks that are counted, and `main`, which runs them against a
// server in a browser, skips all of them with a reason where they cannot be run, and prints what tools/run_tests.py counts.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromiumPath, launch } from "./browser.mjs";
import { BUILD } from "./world.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STACK_LINES = 20;
const counts = { passed: 0, failed: 0 };
const tests = [];

/** Only what matches the script's first argument is run. */
const only = new RegExp(process.argv[2] ?? "");

export async function check(name, body) {
  if (!only.test(name)) return;
  const began = performance.now();
  try {
    await body();
    counts.passed++;
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  ${name}\n    ${String(error?.stack ?? error).split("\n").slice(0, STACK_LINES).join("\n    ")}`);
  }
}

/** A check that has the browser to itself: `runTests` runs it and closes what it leaves open. */
export function test(name, body) {
  tests.push({ name, body });
}
export async function runTests(browser) {
  for (const { name, body } of tests) {
    await check(name, body);
    for (const context of browser.contexts()) await context.close().catch(() => {});
  }
}

function skipAll(reason) {
  console.log(reason);
  process.exit(77);
}

/** `body(server, browser)` against what `start` starts (something with `url` and `stop`); ends the process. */
export async function main(start, body) {
  if (!chromiumPath()) skipAll("no chromium here (CHROMIUM names one): apt-get install chromium");
  if (!existsSync(join(BUILD, "pharos"))) skipAll(`no ${join(BUILD, "pharos")}`);
  const began = performance.now();
  let server;
  let browser;
  try {
    server = await start();
    if (!/<div id="root">/.test(await (await fetch(`${server.url}/`)).text())) {
      await server.stop();
      skipAll("the binary was built without the web UI");
    }
    browser = await launch();
    await body(server, browser);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  around the checks\n${error?.stack ?? error}`);
  } finally {
    await browser?.close();
    await server?.stop();
  }
  console.log(`in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exit(counts.failed ? 1 : 0);
}

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}
export function equal(actual, wanted, what) {
  // Of numbers JSON knows only the finite ones: NaN and the infinities all are null there.
  const same = typeof actual === "number" && typeof wanted === "number" ? actual === wanted || Object.is(actual, wanted) : JSON.stringify(actual) === JSON.stringify(wanted);
  if (!same) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}
export function near(actual, wanted, what) {
  if (!(Math.abs(actual - wanted) <= Math.abs(wanted) * 1e-9 + 1e-12)) throw new Error(`${what}: ${actual} instead of ${wanted}`);
}

/** What axe finds of serious and critical violations fails the check; `practice`: its best practices too. */
export async function axe(page, { what = "the page", practice = false } = {}) {
  // Through the protocol: a script tag would be refused by the CSP.
  await page.evaluate(AXE);
  const found = await page.evaluate(
    async (runOnly) => (await window.axe.run(document, { resultTypes: ["violations"], runOnly })).violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`),
    ["wcag2a", "wcag2aa", ...(practice ? ["best-practice"] : [])],
  );
  expect(found.length === 0, `axe on ${what}: ${found.join("; ")}`);
}
