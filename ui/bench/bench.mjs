// Timings of the UI in Debian's chromium, software rendering: `node bench/bench.mjs [NAME…] [--heap-minutes=5-30]` in
// ui/. The figures are for reading, on a machine that does nothing else; budgets that a test can hold (sizes, axe) are
// in the tests.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromiumPath, launch } from "../e2e/browser.mjs";
import { startDemo } from "../e2e/demo.mjs";
import { BUILD } from "../e2e/world.mjs";
import { live } from "./board.mjs";
import { heapGrowth } from "./heap.mjs";
import { firstPaint, startToScreen } from "./now.mjs";
import { redraw } from "./redraw.mjs";
import { head } from "./report.mjs";
import { tabs } from "./tabs.mjs";

const SHORT = [2, 5];
const FULL = [5, 30];
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const options = process.argv.slice(2).filter((word) => word.startsWith("--"));
const given = options.map((word) => /^--heap-minutes=(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(word)).find(Boolean);
const minutes = given ? [Number(given[1]), Number(given[2])] : options.includes("--full") ? FULL : SHORT;

// In the order in which they run: what wants a quiet server comes first.
const BENCHES = {
  redraw: { run: redraw },
  start: { run: startToScreen, pharos: true },
  paint: { run: firstPaint, pharos: true, demo: true },
  live: { run: live, pharos: true, demo: true },
  tabs: { run: tabs, pharos: true, demo: true },
  heap: { run: (browser, demo) => heapGrowth(browser, demo, minutes), pharos: true, demo: true },
};
const unknown = [...words.filter((word) => !BENCHES[word]), ...options.filter((word) => word !== "--full" && !/^--heap-minutes=[\d.]+-[\d.]+$/.test(word))];
if (unknown.length || minutes[0] >= minutes[1]) {
  console.error(`bench ui: not known: ${unknown.join(" ") || minutes.join("-")}; there are ${Object.keys(BENCHES).join(", ")}, --full (heap from minute 5 to 30) and --heap-minutes=A-B`);
  process.exit(2);
}
const wanted = Object.entries(BENCHES).filter(([name]) => words.length === 0 || words.includes(name));

if (!chromiumPath()) {
  console.log("SKIPPED: no chromium (apt-get install chromium)");
} else {
  const browser = await launch();
  let demo;
  head();
  try {
    for (const [name, { run, pharos, demo: wantsDemo }] of wanted) {
      if (pharos && !existsSync(join(BUILD, "pharos"))) {
        console.log(`SKIPPED ${name}: no ${join(BUILD, "pharos")}`);
        continue;
      }
      if (wantsDemo) demo ??= await startDemo();
      await run(browser, demo);
    }
  } finally {
    await browser.close();
    await demo?.stop();
  }
}
