// Other ways to look at the pages and to use them: on paper, at 400 %, in the colours of the system, by touch, by keys alone.
import { equal, expect as holds, main, runTests, test } from "./checks.mjs";
import { startWorld, until } from "./world.mjs";

const SHEET = { width: 1047, height: 718 }; // A4 across, less 10 mm on each side, in CSS pixels
const REFLOW = { width: 320, height: 256 }; // 1280 x 1024 at 400 %
const TARGET_MIN = 24; // CSS pixels, WCAG 2.5.8
const SCREENS = ["/", "/regions", "/services", "/migrations", "/dashboards", "/dashboards/tall", "/explore", "/alerts", "/alerts/silences", "/alerts/rules", "/alerts/oncall", "/alerts/deliveries", "/system", "/system/targets", "/system/cardinality", "/system/queries", "/system/config"];
const TALL = {
  uid: "tall", title: "Tall", time: { from: "now-5m", to: "now" },
  panels: Array.from({ length: 9 }, (_, i) => ({
    id: i + 1, type: i === 8 ? "alertlist" : "timeseries", title: `Panel ${i + 1}`, gridPos: { x: 12 * (i % 2), y: 9 * Math.floor(i / 2), w: 12, h: 9 },
    targets: i === 8 ? [] : [{ refId: "A", expr: "dwcp_region_health_score", legendFormat: "{{region}}" }],
  })),
};

let browser;
let world;

async function open(path, sign, { width = 1440, height = 900, ...more } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: "dark", reducedMotion: "reduce", ...more });
  page.setDefaultTimeout(60_000);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(error.message));
  await page.goto(world.url + path);
  await page.waitForSelector(sign);
  page.end = async () => {
    await page.context().close();
    equal(page.troubles, [], "troubles of the page");
  };
  return page;
}
const shade = (page) => page.evaluate(() => document.documentElement.dataset.theme);
const focused = (page, selector) => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

test("a board goes to paper light, whole, as wide as the sheet and without what surrounds it; afterwards it is as before", async () => {
  const page = await open("/dashboards/tall", "[data-panel]");
  const unasked = () => page.$$eval('[data-panel][data-loaded="false"]', (all) => all.length);
  await until(async () => (await unasked()) > 0, "panels out of sight have not asked");
  // What the browser's own dialog would come upon.
  await page.evaluate(() => (window.print = () => (window.printed = { theme: document.documentElement.dataset.theme, unasked: document.querySelectorAll('[data-panel][data-loaded="false"]').length, drawn: document.querySelectorAll("[data-panel] .plot canvas").length, bar: document.querySelector(".bar").textContent })));
  await page.keyboard.press("Control+p");
  const printed = await until(() => page.evaluate(() => window.printed), "the page is printed");
  equal([printed.theme, printed.unasked, printed.drawn], ["light", 0, 8], "theme, panels without data and graphs on paper");
  holds(/Tall.*\d\d:\d\d:\d\d – .*\d\d:\d\d:\d\d/.test(printed.bar), `it says what it is and of when: ${printed.bar}`);
  equal(await shade(page), "dark", "the theme afterwards");
  // By the browser's menu there is no time to ask, but what is there is light.
  await page.evaluate(() => addEventListener("beforeprint", () => (window.before = document.documentElement.dataset.theme)));
  holds((await page.pdf({ preferCSSPageSize: true })).length > 10_000, "a document");
  equal(await page.evaluate(() => window.before), "light", "the theme before the browser prints");
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize(SHEET);
  const boxes = await page.$$eval("[data-panel]", (all) => all.map((one) => one.getBoundingClientRect()).map(({ left, right, height }) => [Math.round(left) >= 0, Math.round(right) <= innerWidth, height > 100]));
  equal(boxes.flat().filter((fits) => !fits), [], "panels beside the sheet");
  for (const gone of [".rail", ".bar .button", ".panel-menu"]) equal(await page.locator(gone).filter({ visible: true }).count(), 0, `${gone} on paper`);
  await page.end();
});

test("rows of the alerts keep their columns after a board with alerts was open", async () => {
  const page = await open("/dashboards/tall", "[data-panel]");
  await page.locator('[data-panel="9"]').scrollIntoViewIfNeeded();
  await page.waitForSelector(".alert-line, [data-panel='9'] .no-value");
  await page.locator("nav a", { hasText: "Alerts" }).click();
  await page.waitForSelector(".alert-row[data-fingerprint]");
  const lefts = (row) => page.$$eval(`${row} > .age`, (all) => Math.round(all[0].getBoundingClientRect().right));
  equal(await lefts(".alert-row[data-fingerprint]"), await lefts(".alert-row.header"), "where the ages end");
  await page.end();
});

test("at 400 % nothing is beside the page, and the menu takes the focus and gives it back", async () => {
  const page = await open("/", ".matrix .cell", REFLOW);
  for (const path of SCREENS) {
    await page.goto(world.url + path);
    await page.waitForSelector("main :is(table, .panel, [data-panel])");
    await until(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `no sideways scroll on ${path}`);
  }
  await page.click(".menu-button");
  await until(() => focused(page, ".rail nav a[aria-current]"), "the focus is in the menu");
  await page.keyboard.press("Escape");
  await until(() => focused(page, ".menu-button"), "the focus is back");
  equal(await page.locator(".rail").isVisible(), false, "the menu is closed");
  await page.end();
});

test("the tables of Services, Regions and Migrations are read without scrolling them on a phone", async () => {
  const page = await open("/services", ".red td[data-value]", { width: 390, height: 844 });
  const wide = () => page.$$eval(".table-scroll:has(table:not(.wan))", (all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.getAttribute("aria-label")));
  for (const [path, sign] of [["/services", ".red td[data-value]"], ["/regions", "table.takeover td[data-value]"], ["/migrations", ".migration-tile"]]) {
    await page.goto(world.url + path);
    await page.waitForSelector(sign);
    equal(await wide(), [], `tables that scroll on ${path}`);
  }
  await page.end();
});

test("on a phone, fields show what is in them", async () => {
  const page = await open("/dashboards", "input[type=search]", { width: 390, height: 844 });
  const width = (selector) => page.$eval(selector, (one) => one.getBoundingClientRect().width);
  holds((await width("main input[type=search]")) >= 200, "the search for a dashboard");
  await page.goto(`${world.url}/alerts/rules/new`);
  await page.waitForSelector(".pair input");
  holds((await width(".pair input")) >= 200, "the name of a label");
  await page.end();
});

test("the shape of a mark alone tells its state", async () => {
  const page = await open("/", ".matrix .cell");
  const found = {};
  for (const path of ["/", "/regions", "/alerts/rules", "/alerts"]) {
    await page.goto(world.url + path);
    await page.waitForSelector("main .mark");
    Object.assign(found, Object.fromEntries(await page.$$eval("main svg.mark", (all) => all.map((mark) => [mark.classList[1], mark.querySelector("path").getAttribute("d")]))));
  }
  holds("ok" in found && "critical" in found, `what is well and what is not, not only ${Object.keys(found)}`);
  const alike = await page.evaluate((found) => {
    const context = document.createElement("canvas").getContext("2d");
    const shapes = ["ok", "warning", "critical"].filter((tone) => tone in found).map((tone) => [tone, new Path2D(found[tone])]);
    const inside = (shape, x, y) => context.isPointInPath(shape, x / 10, y / 10, "evenodd");
    const out = [];
    shapes.forEach(([name, one], i) => {
      for (const [other, two] of shapes.slice(i + 1)) {
        let [either, both] = [0, 0];
        for (let x = 0; x < 120; x++) for (let y = 0; y < 120; y++) {
          either += inside(one, x, y) || inside(two, x, y);
          both += inside(one, x, y) && inside(two, x, y);
        }
        if (both / either > 0.7) out.push(`${name} and ${other}: ${(both / either).toFixed(2)}`);
      }
    });
    return out;
  }, found);
  equal(alike, [], "marks that have most of their area in common");
  await page.end();
});

test("colours that the system forces: the theme follows its ground, and what a fill alone tells keeps it", async () => {
  const page = await open("/dashboards/tall", ".graph-legend i", { forcedColors: "active" });
  await page.evaluate(() => localStorage.setItem("pharos.theme", "light"));
  await page.reload();
  await page.waitForSelector(".graph-legend i");
  equal(await shade(page), "dark", "the theme on a dark ground");
  await page.emulateMedia({ colorScheme: "light" });
  await until(async () => (await shade(page)) === "light", "the theme follows");
  const fills = await page.$$eval('[data-panel="1"] .graph-legend i', (all) => all.map((one) => getComputedStyle(one).backgroundColor));
  holds(fills.length > 1 && new Set(fills).size === fills.length, `the legend's colours: ${fills.join(" ")}`);
  await page.end();
});

test("a finger opens a panel's menu with its first tap, and what it presses is large enough", async () => {
  const page = await open("/dashboards/tall", '[data-panel="1"][data-loaded="true"]', { width: 390, height: 844, hasTouch: true, isMobile: true });
  const small = () =>
    page.$$eval(":is(main, [role=dialog]) :is(button, a[href], input, select):not(td *, .alert-row .open)", (all, least) =>
      // Of words within a line the line says how high they are, and a label is pressed with its box.
      all.filter((one) => { const { width, height } = (one.closest("label") ?? one).getBoundingClientRect(); return width > 0 && Math.min(width, height) < least && getComputedStyle(one).display !== "inline"; }).map((one) => one.outerHTML.slice(0, 100)), TARGET_MIN);
  await page.locator('[data-panel="1"] .panel-menu').tap();
  await page.waitForSelector("[role=menu] [role=menuitem]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=menu]", { state: "detached" });
  equal(await small(), [], "small targets of a board");
  for (const [path, sign] of [["/", ".matrix .cell"], ["/dashboards", ".board-list li"], ["/regions", ".node"], ["/alerts", ".alert-row[data-fingerprint]"]]) {
    await page.goto(world.url + path);
    await page.waitForSelector(sign);
    equal(await small(), [], `small targets on ${path}`);
  }
  await page.locator(".alert-row[data-fingerprint] .open").first().tap();
  await page.locator(".alert-detail button", { hasText: "Silence" }).first().tap();
  await page.waitForSelector("[role=dialog] button[type=submit]");
  equal(await small(), [], "small targets of the silence dialog");
  await page.end();
});

test("a finger that still presses when the first menu has come does not close it by being lifted", async () => {
  const page = await open("/dashboards/tall", '[data-panel="1"][data-loaded="true"]', { width: 390, height: 844, hasTouch: true, isMobile: true });
  const { x, y, width, height } = await page.locator('[data-panel="1"] .panel-menu').boundingBox();
  const input = await page.context().newCDPSession(page);
  await input.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + width / 2, y: y + height / 2 }] });
  await page.waitForSelector("[role=menu] [role=menuitem]");
  await input.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.waitForTimeout(500); // what follows a touch follows it at once
  equal(await page.locator("[role=menu] [role=menuitem]").first().isVisible(), true, "the menu is there");
  await page.end();
});

test("a finger that goes sideways over a graph zooms into the span, one that goes up scrolls the page, a tap shows the tip", async () => {
  const page = await open("/dashboards/tall", '[data-panel="1"][data-loaded="true"] .u-over', { width: 390, height: 844, hasTouch: true, isMobile: true });
  const input = await page.context().newCDPSession(page);
  const over = await page.locator('[data-panel="1"] .u-over').boundingBox();
  const [left, middle] = [over.x + over.width * 0.25, over.y + over.height / 2];
  const tip = page.locator('[data-panel="1"] .plot-tip');
  const range = () => { const search = new URL(page.url()).searchParams; return Number(search.get("to")) - Number(search.get("from")) || 0; }; // "now-5m" is no number: not zoomed
  await page.waitForSelector('[data-panel="1"] .plot[data-series-count="8"]');
  // The first series make the plot anew, and a tip is that of its plot.
  await until(async () => (await page.touchscreen.tap(left, middle), tip.isVisible()), "a tap shows the tip");
  holds(/\d\d:\d\d:\d\d/.test(await tip.textContent()), "the tip tells the time");
  const touch = (type, ...at) => input.send("Input.dispatchTouchEvent", { type, touchPoints: at.length === 0 ? [] : [{ x: at[0], y: at[1] }] });
  const steps = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5];
  await touch("touchStart", left, middle);
  for (const share of steps) await touch("touchMove", left, middle - 200 * share);
  await page.waitForTimeout(300); // a finger that rests before it is lifted does not make the page glide on
  await touch("touchEnd");
  await until(async () => (await page.evaluate(() => scrollY)) > 50, "the page is scrolled");
  equal(range(), 0, "the address names no range");
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await until(async () => (await page.evaluate(() => scrollY)) === 0, "the page is at its top again");
  const { y, height } = await page.locator('[data-panel="1"] .u-over').boundingBox();
  await touch("touchStart", left, y + height / 2);
  for (const share of steps) await touch("touchMove", left + over.width * share, y + height / 2);
  await until(async () => (await page.locator('[data-panel="1"] .u-select').boundingBox()).width > over.width * 0.45, "the span is shown while the finger moves");
  await touch("touchEnd");
  await until(async () => range() > 0, "the address names the span");
  holds(Math.abs(range() / 1000 - 150) < 10, `half of five minutes: ${range() / 1000} s`);
  equal(await page.evaluate(() => scrollY), 0, "how far the page is scrolled");
  await page.end();
});

test("a phone, which has no heads of columns, orders the query log as well", async () => {
  const page = await open("/system/queries", "tbody tr", { width: 390, height: 844, hasTouch: true, isMobile: true });
  const order = page.getByLabel("Order");
  equal([await order.isVisible(), await order.inputValue()].join(), "true,began", "the order is chosen where the heads were");
  await order.selectOption("samples");
  await page.waitForURL("**/system/queries?**sort=samples**");
  const counts = await page.locator("tbody tr").evaluateAll((rows) => rows.filter((row) => row.querySelector(".danger") === null).map((row) => Number(row.querySelectorAll("[data-value]")[1].dataset.value)));
  equal(counts.join(), [...counts].sort((a, b) => b - a).join(), "samples, from the most");
  await order.selectOption("began");
  await until(() => !page.url().includes("sort="), "the usual order is not named in the address");
  await page.end();
  const wide = await open("/system/queries", "tbody tr");
  equal(await wide.getByLabel("Order").isVisible(), false, "where there are heads");
  await wide.end();
});

test("the keys act on the alert that the pointer has opened", async () => {
  const page = await open("/alerts", ".alert-row[data-fingerprint]");
  await page.keyboard.press("j");
  const last = page.locator(".alert-row[data-fingerprint] .open").last();
  const name = await last.textContent();
  await last.click();
  await page.waitForSelector(".alert-detail");
  await page.keyboard.press("s");
  await page.waitForSelector("[role=dialog] textarea");
  holds((await page.inputValue("[role=dialog] textarea")).includes(`alertname="${name}"`), `${name} is to be silenced`);
  await page.end();
});

test("what has the focus is not under the bar", async () => {
  const page = await open("/dashboards/tall", '[data-panel="1"][data-loaded="true"]', { height: 500 });
  const button = page.locator('[data-panel="3"] .panel-menu');
  await page.evaluate(() => scrollBy(0, document.querySelector('[data-panel="3"] .panel-menu').getBoundingClientRect().top - 10));
  await button.focus();
  await until(() => page.evaluate(() => document.activeElement.getBoundingClientRect().top >= document.querySelector(".bar").getBoundingClientRect().bottom), "the focus is below the bar");
  await page.end();
});

await main(startWorld, async (server, chromium) => {
  [world, browser] = [server, chromium];
  const saved = await fetch(`${world.url}/api/dashboards/db`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ dashboard: TALL, overwrite: true }) });
  holds(saved.ok, `the board is saved: HTTP ${saved.status}`);
  await until(async () => (await (await fetch(`${world.url}/api/v1/query?query=count(dwcp_region_health_score)`)).json()).data?.result?.length > 0, "the fleet has been scraped");
  await runTests(browser);
});
