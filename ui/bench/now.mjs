// How soon Now is there: its first paint in a browser that has never seen the server, and numbers on it after the
// server of `./pharos.sh run` has printed its address.
import { startDemo } from "../e2e/demo.mjs";
import { median, say } from "./report.mjs";

const PAINTS = 7;
const STARTS = 3;

export async function firstPaint(browser, demo) {
  const paints = [];
  const useful = [];
  const frames = [];
  for (let i = 0; i < PAINTS; i++) {
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    const page = await context.newPage();
    // The page's frame is in index.html and painted first; the application's own begins with its list of screens.
    await page.addInitScript(() => {
      const look = () => void (document.querySelector(".rail nav a") ? (globalThis.screensAt = performance.now()) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });
    const began = performance.now();
    await page.goto(demo.url, { waitUntil: "commit" });
    await numbersPainted(page);
    useful.push(performance.now() - began);
    // The browser tells of a paint some frames after it.
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0, undefined, { polling: 20 });
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN));
    frames.push(await page.evaluate(() => globalThis.screensAt));
    await context.close();
  }
  say(`Now, cold cache: first contentful paint, ms (median of ${PAINTS})`, median(paints).toFixed(0), { bar: 700, goal: 500 });
  say("  the application's frame, ms", median(frames).toFixed(0));
  say("  numbers painted, ms", median(useful).toFixed(0));
}

/** Numbers of regions and the verdict are in the document and two frames have gone by. */
function numbersPainted(page) {
  return page.waitForFunction(
    () =>
      new Promise((done) => {
        const ready = document.querySelector("[data-verdict]:not([data-verdict=''])") && [...document.querySelectorAll(".region b[data-value]")].some((b) => Number.isFinite(Number(b.dataset.value || "x")));
        if (!ready) return done(false);
        requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
      }),
    undefined,
    { timeout: 60_000, polling: 20 },
  );
}

export async function startToScreen(browser) {
  const took = [];
  const starts = [];
  for (let i = 0; i < STARTS; i++) {
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    const page = await context.newPage();
    const demo = await startDemo();
    try {
      await page.goto(demo.url, { waitUntil: "commit" });
      await numbersPainted(page);
      took.push((performance.now() - demo.printed) / 1000);
      starts.push(demo.startSeconds);
    } finally {
      await context.close();
      await demo.stop();
    }
  }
  say(`from the printed address to numbers on Now, s (median of ${STARTS})`, median(took).toFixed(2), { bar: "< 2", goal: "< 2" });
  say("  from start to the printed address (six hours of history), s", median(starts).toFixed(2));
}
