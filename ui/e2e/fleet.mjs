// The demo fleet at a frozen time: every panel of every board of the pack shows data, and every number on the boards
// and on Now, Regions, Services and Migrations is the API's. `node e2e/fleet.mjs [PATTERN]` in ui/; PHAROS_SHOTS names
// a folder for pictures.
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, main } from "./checks.mjs";
import { startDemo } from "./demo.mjs";
import { expected, panelsOf, variablesOf } from "./oracle.mjs";
import { expectations } from "./screens.mjs";
import { agrees, panelsInSight, showsData } from "./sight.mjs";
import { until } from "./world.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const BOARDS = join(ROOT, "packs", "dwcp", "dashboards");
const SHOTS = process.env.PHAROS_SHOTS;
const WIDTH = 1600;

// Panels that a healthy fleet leaves empty, and why.
const EMPTY_BY_NATURE = new Map([
  ["sla-compliance/16", "lists alerts about service levels; a fleet that keeps them has none"],
]);

/** What lies far enough back that all of it is stored, and late enough that rules and rates have something to say. */
async function frozenMoment(api) {
  let moment = 0;
  await until(async () => {
    moment = Math.floor((Date.now() / 1000 - 8) / 30) * 30;
    const counts = await Promise.all(["sla:availability:5m", "dwcp:sla:migration_time:24h", "rate(pharos_http_request_duration_seconds_count[1m])", 'ALERTS{alertstate="firing"}'].map((query) => api("query", { query, time: moment })));
    return counts.every(({ result }) => result.length > 0);
  }, "rules, rates and the server's own metrics have a past, and an alert fires", 180);
  return moment;
}

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

async function checkBoard(page, file, demo, moment) {
  const board = JSON.parse(readFileSync(join(BOARDS, file), "utf8"));
  const unit = { m: 60, h: 3600, d: 86400 };
  const [, count, of] = /^now-(\d+)([mhd])$/.exec(board.time.from);
  const interval = { from: moment - Number(count) * unit[of], to: moment };
  const panels = panelsOf(board);
  await page.setViewportSize({ width: WIDTH, height: 1000 });
  await page.goto(`${demo.url}/dashboards/${board.uid}?from=${interval.from * 1000}&to=${interval.to * 1000}`);
  await page.waitForSelector("[data-panel]");
  const height = await page.evaluate(() => document.querySelector(".board").scrollHeight + 300);
  await page.setViewportSize({ width: WIDTH, height: Math.max(1000, height) }); // panels ask when they are seen
  await page.waitForFunction((n) => document.querySelectorAll('[data-panel][data-loaded="true"]').length === n, panels.length);
  const get = async (path) => (await (await fetch(`${demo.url}/api/v1/${path}`)).json()).data;
  const context = { api: demo.api, interval, variables: await variablesOf(board, interval, get) };
  const answers = new Map(); // by panel and step: a panel may ask anew when it has found its width
  const wantedOf = async (panel, step) => {
    const key = `${panel.id} ${step}`;
    if (!answers.has(key)) answers.set(key, await expected(panel, step, context));
    return answers.get(key);
  };
  const problems = async () => {
    const shown = await panelsInSight(page);
    const out = [];
    for (const panel of panels) {
      const seen = shown.find(({ id }) => id === panel.id);
      try {
        if (seen === undefined) throw new Error(`panel ${panel.id} "${panel.title}" is not on the page`);
        if (!EMPTY_BY_NATURE.has(`${board.uid}/${panel.id}`)) showsData(seen);
        if (panel.type === "alertlist" || panel.type === "logs") continue; // of now, not of the frozen time
        const renamed = (panel.fieldConfig.overrides ?? []).some(({ properties }) => properties.some(({ id }) => id === "displayName"));
        agrees(seen, await wantedOf(panel, seen.step), renamed);
      } catch (error) {
        out.push(error.message);
      }
    }
    return out;
  };
  // A panel that has just been drawn may be about to ask anew: what stays wrong is wrong.
  let found = await problems();
  for (let tries = 0; found.length > 0 && tries < 4; tries++) {
    await page.waitForTimeout(700);
    found = await problems();
  }
  await shot(page, `board-${board.uid}`);
  if (found.length > 0) throw new Error(`${found.length} of ${panels.length} panels:\n    ${found.join("\n    ")}`);
}

const sameNumber = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
function samePairs(shown, wanted, most) {
  const flat = (value) => (Array.isArray(value) ? value : [value]);
  if (shown.length !== Math.min(most, wanted.length)) return `${shown.length} shown, the API has ${wanted.length}: ${JSON.stringify(wanted).slice(0, 300)}`;
  for (const [name] of shown) if (!wanted.some(([known]) => known === name)) return `${name} is shown, the API has ${wanted.map(([known]) => known).join(", ").slice(0, 200)}`;
  for (const [name, value] of wanted) {
    const other = shown.find(([known]) => known === name);
    if (other === undefined && wanted.length > most) continue;
    if (other === undefined) return `${name} is not shown; shown are ${shown.map(([known]) => known).join(", ").slice(0, 200)}`;
    const [a, b] = [flat(other[1]), flat(value)];
    const at = a.length === b.length ? a.findIndex((one, i) => !sameNumber(one, b[i])) : a.length;
    if (at >= 0) return `${name}: ${a[at]} shown at place ${at} of ${a.length}, the API has ${b[at]} of ${b.length}`;
  }
  return "";
}

async function checkScreen(page, demo, moment, path, parts) {
  const range = `from=${(moment - 3600) * 1000}&to=${moment * 1000}`;
  await page.setViewportSize({ width: WIDTH, height: 2400 });
  await page.goto(`${demo.url}${path}${path.includes("?") ? "&" : "?"}${range}`);
  await page.waitForSelector(`[data-moment="${moment}"]`);
  for (const { what, shown, wanted, most } of parts) {
    const answer = await wanted();
    if (answer.length === 0 || answer.flatMap(([, value]) => value).every((value) => Number.isNaN(value))) throw new Error(`${what}: the API has nothing`);
    let problem = "";
    await until(async () => (problem = samePairs(await shown(page), answer, most)) === "", what, 30).catch((error) => {
      throw new Error(`${what}: ${problem || error.message}`);
    });
  }
  await shot(page, `frozen${path.replace(/\W+/g, "-")}`);
}

await main(startDemo, async (demo, browser) => {
  const troubles = [];
  // So that there is something to list: packets are lost, which harms nothing else.
  const told = await fetch(`${demo.fleet}/faults`, { method: "POST", body: JSON.stringify([{ kind: "link_loss", for: 3600, severity: 0.6 }]) });
  if (!told.ok) throw new Error(`the fleet takes no fault: ${await told.text()}`);
  const moment = await frozenMoment(demo.api);
  const page = await browser.newPage({ locale: "en-GB", reducedMotion: "reduce" });
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => troubles.push(error.message));
  for (const file of readdirSync(BOARDS).filter((name) => name.endsWith(".json")).sort())
    await check(`${file}: every panel shows data, and each number is the API's`, () => checkBoard(page, file, demo, moment));
  const all = expectations(demo.api, moment);
  for (const path of new Set(all.map((one) => one.path)))
    await check(`${path} at a frozen time: each number is the API's`, () => checkScreen(page, demo, moment, path, all.filter((one) => one.path === path)));
  // The board with the most in its bar: variables, marks, links.
  for (const [locale, row, signs] of [["en-GB", "Add row", ["Undo", "Discard changes", "Save", "Done"]], ["de-DE", "Zeile hinzufügen", ["Rückgängig", "Änderungen verwerfen", "Speichern", "Fertig"]]])
    await check(`the bar of a board in editing is one line, ${locale}`, async () => {
      const other = await browser.newPage({ locale, reducedMotion: "reduce", viewport: { width: 1440, height: 900 } });
      await other.goto(`${demo.url}/dashboards/phase6-production-live?edit`);
      await other.getByRole("button", { name: row, exact: true }).click();
      for (const name of signs) await other.getByRole("button", { name, exact: true }).waitFor();
      const tops = () => other.$$eval(".board-bar button:not([hidden]), .board-bar input, .board-bar select", (all) => [...new Set(all.filter((one) => one.offsetParent !== null).map((one) => Math.round((one.getBoundingClientRect().top + one.getBoundingClientRect().bottom) / 2 / 10)))]);
      await until(async () => (await tops()).length === 1, "one line").catch(async (error) => {
        throw new Error(`${error.message}: lines at ${await tops()}`);
      });
      await other.close();
    });
  await check("a frozen screen says so and leads back to live", async () => {
    await page.goto(`${demo.url}/?from=${(moment - 3600) * 1000}&to=${moment * 1000}`);
    await page.locator("[data-moment]").click();
    await page.waitForFunction(() => !location.search.includes("to=") && document.querySelector("[data-moment]") === null && document.querySelector(".live-dot.live"));
  });
  await check("no page threw", async () => {
    if (troubles.length > 0) throw new Error(troubles.join("; "));
  });
});
