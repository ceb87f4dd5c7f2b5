// The application in Chromium against the real binary. ui/e2e/shots/ keeps pictures of every screen.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { axe, equal, expect as holds, main, runTests, test } from "./checks.mjs";
import { gauge, send } from "./otlp.mjs";
import { CALLS, freePort, HOSTILE, manyAlerts, REGIONS, startWorld, until } from "./world.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SHOTS = join(HERE, "shots");
const FIRST_LOAD_MAX = 160_000; // bytes, gzip -9
const ROWS_PER_1000 = 40;

let browser;
let world;

/** A page that fails its test on script errors, on anything asked of another host and on what the CSP refuses. */
async function open(path, { width = 1600, height = 1000, theme = "dark", at = world.url, language } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: language ?? "en-GB", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000); // the machine may be busy with other tests
  page.troubles = [];
  page.asked = [];
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) page.troubles.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    page.asked.push(request.url());
    if (!request.url().startsWith(at) && !/^(data|blob):/.test(request.url())) page.troubles.push(`outside: ${request.url()}`);
  });
  await page.goto(at + path);
  await page.waitForSelector("main");
  page.end = async () => {
    await context.close();
    equal(page.troubles, [], "troubles of the page");
  };
  return page;
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

const SCREENS = [
  ["now", "/", ".matrix .cell"],
  ["regions", "/regions", ".wan td[data-value]"],
  ["alerts", "/alerts", ".alert-row[data-fingerprint]"],
  ["silences", "/alerts/silences", ".panel"],
  ["rules", "/alerts/rules", "table.rules tbody tr"],
  ["backtest", "/alerts/backtest", ".backtest textarea"],
  ["routing", "/alerts/routing", ".steps li"],
  ["oncall", "/alerts/oncall", ".shifts span"],
  ["deliveries", "/alerts/deliveries", "tbody tr"],
  ["noise", "/alerts/noise", "tbody tr"],
  ["system", "/system", ".facts dd"],
  ["targets", "/system/targets", "tbody tr"],
  ["cardinality", "/system/cardinality", "tbody tr"],
  ["services", "/services", ".red td[data-value]"],
  ["migrations", "/migrations", ".migration-tile [data-value]"],
  ["queries", "/system/queries", "tbody tr"],
  ["config", "/system/config", ".flag-value"],
];

for (const [name, path, sign] of SCREENS) {
  test(`${name} shows its data, survives a reload, is accessible in dark and light`, async () => {
    const page = await open(path);
    await page.waitForSelector(sign, { timeout: 60_000 });
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
    await axe(page, { what: `${name}, dark`, practice: true });
    await page.evaluate(() => localStorage.setItem("pharos.theme", "light"));
    await page.reload();
    await page.waitForSelector(sign, { timeout: 60_000 });
    await page.screenshot({ path: join(SHOTS, `${name}-light.png`) });
    await axe(page, { what: `${name}, light`, practice: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await until(async () => (await sideways(page)) === 0, "no sideways scroll at 390 px");
    await page.screenshot({ path: join(SHOTS, `${name}-390.png`) });
    equal(await page.evaluate(() => window.pwned), undefined, "hostile text ran");
    await page.end();
  });
}

test("the first load is small and named in index.html", async () => {
  const html = await (await fetch(`${world.url}/`)).text();
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path);
  let bytes = gzipSync(html, { level: 9 }).length;
  holds(/\.css$/.test(named.find((path) => path.startsWith("assets/"))), `the frame's colours come first, not ${named}`);
  holds(![...html.matchAll(/<link rel="(?:modulepreload|stylesheet)"[^>]*>/g)].some(([tag]) => tag.includes("uplot")), "what only a host's graphs need is waited for");
  for (const path of named) {
    const response = await fetch(`${world.url}/${path}`);
    holds(response.ok, `${path}: HTTP ${response.status}`);
    bytes += gzipSync(Buffer.from(await response.arrayBuffer()), { level: 9 }).length;
  }
  const page = await open("/");
  await page.waitForSelector("[data-verdict]:not([data-verdict=''])");
  const asked = [...new Set(page.asked.map((url) => new URL(url).pathname.slice(1)))].filter((path) => path && !/^(api|-)\//.test(path));
  equal(asked.filter((path) => !named.includes(path)), [], "files that index.html does not name");
  console.log(`    first load: ${bytes} bytes gzipped, ${named.length + 1} files`);
  holds(bytes <= FIRST_LOAD_MAX, `first load is ${bytes} bytes, more than ${FIRST_LOAD_MAX}`);
  await page.end();
});

test("the frame is drawn before the application is there, in its theme, and does not move when it comes", async () => {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, colorScheme: "dark" });
  const page = await context.newPage();
  const held = [];
  let holding = true;
  await page.route(/\/assets\/.*\.js$/, (route) => (holding ? void held.push(route) : route.continue()));
  const look = () =>
    page.evaluate(() => {
      const place = (selector) => document.querySelector(selector)?.getBoundingClientRect().toJSON();
      return { theme: document.documentElement.dataset.theme, ground: getComputedStyle(document.querySelector(".rail")).backgroundColor, rail: place(".rail"), brand: place(".brand"), mark: place(".brand img"), bar: place(".bar") };
    });
  await page.goto(world.url, { waitUntil: "commit" });
  await until(() => page.evaluate(() => performance.getEntriesByName("first-contentful-paint").length > 0 && document.querySelector(".brand")?.textContent === "Pharos" && document.querySelector("main") === null), "the frame is painted");
  const dark = await look();
  await page.evaluate(() => localStorage.setItem("pharos.theme", "light"));
  await page.reload({ waitUntil: "commit" });
  await page.waitForSelector(".first .brand");
  const before = await look();
  equal([dark.theme, before.theme], ["dark", "light"], "themes");
  holds(dark.ground !== before.ground, "the frame has the theme's colours");
  holding = false;
  await Promise.all(held.splice(0).map((route) => route.continue().catch(() => {})));
  await page.waitForSelector("main");
  equal(await look(), before, "the frame before and after");
  holding = true;
  await page.goto(`${world.url}/alerts?kiosk`, { waitUntil: "commit" });
  await until(() => page.evaluate(() => document.querySelector(".first") !== null), "the page without its application");
  equal(await page.isVisible(".first"), false, "a frame where none will be");
  await context.close();
});

test("the pages' policy allows no inline script and no other host", async () => {
  const policy = (await fetch(`${world.url}/`)).headers.get("content-security-policy") ?? "";
  holds(/default-src 'self'/.test(policy) && !/script-src[^;]*unsafe-inline/.test(policy), `policy: ${policy}`);
});

test("numbers on Now are the API's", async () => {
  REGIONS.forEach((region, i) => (world.state.scores[region] = 90.125 + i));
  world.state.scores["sa-east"] = 74.5;
  const page = await open("/");
  await until(async () => {
    const shown = await page.$$eval(".region", (cards) => cards.map((card) => [card.querySelector(".grow").textContent, Number(card.querySelector("[data-value]").dataset.value)]));
    const { data } = await (await fetch(`${world.url}/api/v1/query?query=dwcp_region_health_score`)).json();
    const api = data.result.map(({ metric, value }) => [metric.region, Number(value[1])]).sort();
    holds(api.length === REGIONS.length, "scores are stored");
    equal(shown, api, "scores");
    return true;
  }, "the scores on the screen", 30);
  const verdict = await page.textContent("[data-verdict]");
  holds(/1 of 8 regions degraded: sa-east/.test(verdict), `verdict: ${verdict}`);
  await page.end();
});

test("a component that is down stops, in words, and its row says where", async () => {
  world.state.components["ap-ne pba"] = 0;
  const page = await open("/");
  await page.waitForSelector("[data-verdict=stop]", { timeout: 60_000 });
  await page.waitForSelector(".matrix .cell.critical", { timeout: 60_000 });
  equal(await page.$eval(".matrix .cell.critical", (cell) => cell.title), "PBA in ap-ne: down", "the cell");
  await page.end();
});

test("a way between regions that loses packets is named, and alone when only what fails is wanted", async () => {
  world.state.loss["eu-west ap-ne"] = 0.08;
  const page = await open("/regions?measure=loss&only=failing");
  await until(async () => (await page.$$eval(".wan td[data-value]", (cells) => cells.map(({ dataset }) => dataset.value))).join() === "0.08", "the one way that fails");
  await page.screenshot({ path: join(SHOTS, "regions-failing.png") });
  await page.end();
});

test("whether a region can take over is said with its reason, and its numbers are the API's", async () => {
  world.state.lag["ap-ne"] = 42.5;
  const page = await open("/regions");
  await page.waitForSelector("[data-takeover=yes]");
  await until(async () => /its database is 42.5 s behind/.test((await page.textContent("[data-takeover=no]").catch(() => "")) ?? ""), "the reason");
  const of = (region) => page.$eval(`.takeover tr:has(td:text-is("${region}"))`, (row) => [...row.querySelectorAll("[data-expr]")].map(({ dataset }) => [dataset.expr, Number(dataset.value)]));
  const shown = await of("ap-ne");
  const lag = shown.find(([expr]) => /replication_lag/.test(expr));
  const { data } = await (await fetch(`${world.url}/api/v1/query?query=${encodeURIComponent(lag[0])}`)).json();
  equal(data.result.filter(({ metric }) => metric.region === "ap-ne").map(({ value }) => Number(value[1])), [lag[1]], "the lag");
  const after = shown.find(([expr]) => /cpu_usage/.test(expr));
  holds(after[1] > 40 && after[1] < 60, `processors without the largest region: ${after[1]}`);
  await page.goto(`${world.url}/regions?only=failing`);
  await page.waitForSelector("[data-takeover=no]");
  equal(await page.$$eval("[data-takeover=yes]", (all) => all.length), 0, "regions that can, when only what fails is wanted");
  world.state.lag = {};
  await page.end();
});

test("who calls whom is drawn, what fails stands alone when wanted, and a service narrows the table", async () => {
  const page = await open("/services");
  await until(async () => (await page.$$(".topology .call")).length === CALLS.length, "all ways");
  equal(await page.$eval('.topology .call[data-server="redis"]', ({ dataset }) => dataset.tone), "critical", "the way that fails");
  equal(await page.$eval('.topology .call[data-server="database"]', ({ dataset }) => dataset.tone), "ok", "a way that does not");
  holds((await page.$$eval(".topology .service", (all) => all.map(({ dataset }) => dataset.service))).includes(HOSTILE), "a hostile name stands as text");
  equal(await page.evaluate(() => window.pwned), undefined, "hostile text ran");
  await page.screenshot({ path: join(SHOTS, "topology.png") });
  await page.focus('.topology .service[data-service="acp"]');
  await page.keyboard.press("Enter");
  await page.waitForURL(/service=acp/);
  await until(async () => (await page.$$('[aria-label="Calls"] tbody tr')).length === 2, "the calls of one service");
  await page.goto(`${world.url}/services?only=failing`);
  await until(async () => (await page.$$eval(".topology .call", (all) => all.map(({ dataset }) => dataset.server))).join() === "redis", "the way that fails, alone");
  await page.end();
});

test("the query log names what open pages ask at each step", async () => {
  const page = await open("/");
  await page.waitForSelector(".region");
  const log = await open("/system/queries");
  await until(async () => (await log.$$eval(".live-queries td.query", (cells) => cells.map(({ textContent }) => textContent))).some((text) => /dwcp_region_health_score/.test(text)), "the live query");
  await until(async () => Number(await log.$eval(".live-queries tbody tr td:nth-child(7)", ({ dataset }) => dataset.value)) > 0, "it has been asked");
  await log.end();
  await page.end();
});

test("hostile text stands where it was put, as text", async () => {
  const page = await open("/alerts?q=HostileText");
  await page.waitForSelector(".alert-row[data-fingerprint]");
  const summary = await page.textContent(".alert-row[data-fingerprint] .summary");
  equal(summary, HOSTILE, "the summary");
  await page.click(".alert-row[data-fingerprint] .open");
  await page.waitForSelector(".alert-detail .steps li");
  await page.getByRole("button", { name: "Runbook" }).click();
  await page.waitForSelector('[data-runbook="HostileText.md"] pre');
  equal(await page.textContent('[data-runbook="HostileText.md"] p'), HOSTILE, "text of the runbook");
  await page.getByRole("dialog").getByRole("link", { name: "Run it in Explore" }).waitFor();
  await page.keyboard.press("Escape");
  equal(await page.evaluate(() => window.pwned), undefined, "hostile text ran");
  equal(await page.$$eval("main img, main script", (all) => all.length), 0, "elements made of text");
  await page.end();
});

test("a thousand alerts: 40 and more rows to 1000 px, in the order of their weight", async () => {
  await world.postAlerts(manyAlerts(1000));
  const page = await open("/alerts", { width: 1600, height: 1000 });
  await until(async () => Number(await page.getAttribute(".alert-list", "aria-rowcount")) > 1000, "the list");
  await page.evaluate(() => scrollTo(0, 4000));
  const inSight = () => page.evaluate(() => [...document.querySelectorAll(".alert-row[data-fingerprint]")].filter((row) => { const { top, bottom } = row.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }).length);
  await until(async () => (await inSight()) >= ROWS_PER_1000, `${ROWS_PER_1000} rows in 1000 px`);
  holds((await page.$$(".alert-row")).length < 150, "only rows near the screen are in the document");
  await page.screenshot({ path: join(SHOTS, "alerts-1000.png") });
  await page.end();
});

test("a storm of alerts is a screen of groups; each unfolds, and the detail takes the focus and gives it back", async () => {
  const storm = manyAlerts(5000);
  const post = async (alerts) => {
    for (let i = 0; i < alerts.length; i += 1000) await world.postAlerts(alerts.slice(i, i + 1000));
  };
  await post(storm);
  const page = await open("/alerts");
  const rows = async () => Number(await page.getAttribute(".alert-list", "aria-rowcount"));
  await until(async () => (await page.$$(".fold[aria-expanded=false]")).length >= 8, "the groups are folded", 60);
  holds((await rows()) < 60, "few rows");
  await page.screenshot({ path: join(SHOTS, "alerts-storm.png") });
  await page.focus(".alert-row[data-fingerprint] .fold");
  await page.keyboard.press("Enter");
  await until(async () => (await rows()) > 500, "one group is unfolded");
  await page.keyboard.press("f");
  await until(async () => (await rows()) > 4000, "all are");
  await page.keyboard.press("f");
  await until(async () => (await rows()) < 60, "none is");
  await page.focus(".alert-row[data-fingerprint] .open");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".alert-detail");
  await until(() => page.evaluate(() => document.activeElement.matches(".alert-detail")), "the detail has the focus");
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  equal(await page.evaluate(() => document.activeElement.id), "", "Escape leaves the filter");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".alert-detail", { state: "detached" });
  await until(() => page.evaluate(() => document.activeElement.matches(".open")), "the focus is back where it was");
  await post(storm.map((alert) => ({ ...alert, endsAt: new Date().toISOString() })));
  await page.end();
});

test("tabs stay where they are, whichever is chosen, and the chosen one is in sight on a phone", async () => {
  const page = await open("/alerts");
  const places = () => page.$$eval(".tabs [role=tab]", (all) => all.map((tab) => Math.round(tab.getBoundingClientRect().left)));
  await page.waitForSelector(".tabs [role=tab]");
  const before = await places();
  await page.click("#tab-oncall");
  await page.waitForURL(/oncall/);
  equal(await places(), before, "the places of the tabs");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  await page.waitForSelector("#tab-oncall");
  await until(() => page.$eval("#tab-oncall", (tab) => { const { left, right } = tab.getBoundingClientRect(); return left >= 0 && right <= innerWidth; }), "the chosen tab is in sight");
  await page.end();
});

test("a region and a component lead from Now to what is wrong there", async () => {
  world.state.components["ap-ne pba"] = 0;
  const page = await open("/");
  await page.click('.matrix .cell.critical[data-place="ap-ne"] a');
  await page.waitForURL(/\/alerts\?q=pba%20ap-ne/);
  await page.goto(`${world.url}/`);
  await page.click('.region[data-region="sa-east"]');
  await page.waitForURL(/\/regions\?region=sa-east/);
  await page.end();
});

test("an alert is silenced from the keyboard, with a preview, and leaves the list", async () => {
  const page = await open("/alerts?q=DWCPComponentDown");
  await page.waitForSelector(".alert-row[data-fingerprint]");
  await page.keyboard.press("j");
  await page.keyboard.press("s");
  await page.waitForSelector("[role=dialog]");
  await until(async () => /Hides now: 1/.test(await page.textContent("[role=dialog]")), "the preview");
  await page.screenshot({ path: join(SHOTS, "silence.png") });
  await axe(page, { what: "the silence dialog", practice: true });
  await page.fill("[role=dialog] input[autocomplete=username]", "ada");
  await page.getByLabel("Why").fill("known");
  await page.click("[role=dialog] button[type=submit]");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await until(async () => (await page.$$(".alert-row[data-fingerprint]")).length === 0, "the alert left the list");
  const { 0: silence } = await (await fetch(`${world.url}/api/v2/silences`)).json();
  equal([silence.createdBy, silence.comment, silence.status.state], ["ada", "known", "active"], "the silence");
  await page.goto(`${world.url}/alerts/silences`);
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.click("[role=dialog] button:text-is('8h')");
  await page.click("[role=dialog] button[type=submit]");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await until(async () => /in 7h/.test((await page.textContent("table.silences")) ?? ""), "its new end");
  equal((await (await fetch(`${world.url}/api/v2/silences`)).json()).filter(({ status }) => status.state === "active").map(({ id }) => id), [silence.id], "the silence, changed");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await until(async () => (await page.$$("tbody tr button")).length === 0, "the silence has ended");
  await page.end();
});

test("a silence is made before there is an alert, begins later, and keeps its length when its reason is changed", async () => {
  const page = await open("/alerts/silences");
  const kept = async () => (await (await fetch(`${world.url}/api/v2/silences`)).json()).filter(({ createdBy, status }) => createdBy === "grace" && status.state !== "expired");
  await page.getByRole("button", { name: "New silence" }).click();
  await page.waitForSelector("[role=dialog]");
  await page.fill("[role=dialog] textarea", "region=nowhere");
  await page.getByLabel("Starts").fill("now+1h");
  await page.locator("[role=dialog] input[aria-label]").fill("1d3h");
  await page.fill("[role=dialog] input[autocomplete=username]", "grace");
  await page.getByLabel("Why").fill("works on the cables");
  await page.click("[role=dialog] button[type=submit]");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await until(async () => /begins in 59m/.test((await page.textContent("table.silences")) ?? ""), "it is to come");
  const length = ({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 1000;
  const [made] = await kept();
  equal([made.status.state, length(made)], ["pending", 97_200], "the silence");
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByLabel("Why").fill("works on the cables, and on the roof");
  await page.click("[role=dialog] button[type=submit]");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await until(async () => (await kept())[0]?.comment.endsWith("roof"), "the reason");
  const [changed] = await kept();
  equal([changed.status.state, length(changed)], ["pending", 97_200], "the silence with another reason");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await until(async () => (await kept()).length === 0, "it has ended");
  await page.end();
});

test("a folded group that is chosen is chosen whole", async () => {
  await world.postAlerts(manyAlerts(24)); // those of the start have been shown, silenced and ended since
  const page = await open("/alerts?q=MigrationSlow");
  await page.waitForSelector(".alert-row[data-fingerprint]");
  await page.waitForSelector(".alert-row .fold");
  const size = Number(/\d+/.exec(await page.textContent(".alert-row .fold"))[0]);
  holds(size > 1, `a group of ${size}`);
  await page.locator(".alert-row .fold").first().click();
  await page.waitForSelector(".alert-row .fold[aria-expanded=false]");
  await page.locator(".alert-row[data-fingerprint] input[type=checkbox]").first().check();
  await page.getByText(`${size} chosen`).waitFor();
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  await until(async () => new RegExp(`Hides now: ${size}`).test(await page.textContent("[role=dialog]")), "the whole group in the preview");
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await page.locator(".alert-row[data-fingerprint] input[type=checkbox]").first().uncheck();
  await page.getByText(`${size} chosen`).waitFor({ state: "detached" });
  await page.end();
});

test("an alert that ends while it is read stays, and says so; its address says that it is gone", async () => {
  const alert = (endsAt) => world.postAlerts([{ labels: { alertname: "ShortOne", severity: "info" }, annotations: { summary: "read me" }, endsAt: new Date(endsAt).toISOString() }]);
  await alert(Date.now() + 600_000);
  const page = await open("/alerts?q=ShortOne");
  await page.locator(".alert-row[data-fingerprint] .open").click();
  await page.locator(".alert-detail").getByText("read me").waitFor();
  await alert(Date.now() - 1000);
  await page.locator(".alert-detail").getByText("has ended").waitFor();
  equal(await page.locator(".alert-detail h2").textContent(), "ShortOne", "what is read");
  await page.reload();
  await page.locator("[data-gone]").getByRole("button", { name: "Close" }).click();
  await page.waitForSelector("[data-gone]", { state: "detached" });
  holds(!page.url().includes("alert="), "the address leads nowhere any more");
  await page.end();
});

test("an alert leads to its graph from before it began, to all as it was then, and to its rule", async () => {
  const page = await open("/alerts");
  await page.locator(".alert-row .open", { hasText: "HostileText" }).first().click();
  const detail = page.locator(".alert-detail");
  const { startsAt } = (await (await fetch(`${world.url}/api/v2/alerts`)).json()).find(({ labels }) => labels.alertname === "HostileText");
  const began = Date.parse(startsAt);
  const parameters = async (name) => new URL(await detail.getByRole("link", { name }).evaluate((link) => link.href)).searchParams;
  const graph = await parameters("Graph");
  equal([graph.get("q"), Number(graph.get("from")), graph.get("to")], ["hostile_metric", began - 1_800_000, "now"], "the graph");
  equal((await parameters("Its rule")).get("q"), "HostileText", "the rule");
  await detail.getByRole("link", { name: "When it began" }).click();
  await page.waitForSelector("[data-moment]");
  const moment = Number(await page.getAttribute("[data-moment]", "data-moment")) * 1000;
  holds(moment >= began && moment <= began + 60_000, `Now is as of ${moment - began} ms after the beginning`);
  await page.end();
});

test("an alert is taken and given back", async () => {
  const page = await open("/alerts?q=DWCPComponentDown");
  await page.waitForSelector(".alert-row[data-fingerprint]", { timeout: 60_000 });
  await page.keyboard.press("j");
  await page.keyboard.press("a");
  await page.waitForSelector("[role=dialog]");
  await page.fill("[role=dialog] input[autocomplete=username]", "grace");
  await page.click("[role=dialog] button[type=submit]");
  await until(async () => /taken by grace/.test(await page.textContent(".alert-list")), "the owner is shown");
  await page.keyboard.press("a");
  await page.waitForSelector("[role=dialog]");
  await page.getByRole("button", { name: "Give back" }).click();
  await until(async () => !/taken by grace/.test(await page.textContent(".alert-list")), "the owner is gone");
  await page.end();
});

test("a rule is tried over history; a rule that does not parse says where", async () => {
  // Ten minutes that this world has not lived through.
  const end = Date.now() / 1000 - 600;
  const down = Array.from({ length: 41 }, (_, i) => ({ at: end - 15 * i, value: 0, region: "eu-west", component: "past" }));
  await send(world.url, [gauge("dwcp_system_component_health", down.reverse())]);
  const page = await open("/alerts/backtest?rule=DWCPComponentDown&in=fleet");
  await until(async () => /DWCPComponentDown/.test(await page.inputValue(".backtest textarea")), "the rule is filled in");
  await page.getByRole("button", { name: "6h" }).click();
  await page.getByRole("button", { name: "Run over history" }).click();
  await until(async () => /Would have fired [1-9]/.test(await page.textContent(".backtest")), "the report");
  await page.locator(".backtest tbody tr").filter({ hasText: "component=past" }).waitFor();
  await page.screenshot({ path: join(SHOTS, "backtest-run.png") });
  await page.fill(".backtest textarea", "groups:\n  - name: x\n    rules:\n      - {alert: A, expr: 'sum('}\n");
  await page.getByRole("button", { name: "Run over history" }).click();
  await until(async () => /unexpected|parse|rules:/.test((await page.textContent(".backtest [role=alert]").catch(() => "")) ?? ""), "the error");
  await page.end();
});

test("a metric opens to its labels and their values; the address and Explore lead to the same", async () => {
  const page = await open("/system/cardinality?metric=network_tunnel_up");
  const tables = page.locator(".count-grid").first();
  await tables.getByRole("button", { name: "source", exact: true }).click();
  const values = tables.locator("section").filter({ hasText: REGIONS[0] });
  await values.locator("td[data-value='7']").first().waitFor();
  await page.reload();
  await values.locator("td[data-value='7']").first().waitFor();
  await values.locator("header a").click();
  await page.waitForURL(/explore\?q=topk/);
  await page.end();
});

test("palette, keys and sequences reach every screen", async () => {
  const page = await open("/");
  await page.keyboard.press("Control+k");
  await page.waitForSelector("[role=combobox]");
  await page.keyboard.type("go system");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/system");
  await page.waitForSelector("[role=combobox]", { state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForURL("**/alerts");
  // What nobody gave a command of its own is found where it stands on the page.
  await page.keyboard.press("Control+k");
  await page.waitForSelector("[role=combobox]");
  await page.keyboard.type("Cardinality");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/system/cardinality");
  await page.goto(`${world.url}/alerts/rules`);
  await page.waitForSelector("table.rules tbody tr");
  await page.keyboard.press("/");
  await page.keyboard.type("no rule has this name");
  await until(async () => /Nothing matches/.test(await page.textContent("main")), "a filter that leaves nothing says so");
  await page.goto(`${world.url}/alerts/oncall`);
  await page.waitForSelector(".shifts span");
  const button = page.locator("main button:not([disabled]):not([role=tab])").first();
  const name = ((await button.getAttribute("aria-label")) ?? (await button.innerText())).trim();
  await page.keyboard.press("Control+k");
  await page.waitForSelector("[role=combobox]");
  await page.keyboard.type(name);
  await page.waitForSelector(`[role=option]:has-text("${name}")`);
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=combobox]", { state: "detached" });
  await page.keyboard.press("?");
  await page.waitForSelector("[role=dialog] kbd");
  await axe(page, { what: "the page of keys", practice: true });
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await page.end();
});

test("the other language", async () => {
  const page = await open("/", { language: "de-DE" });
  await page.waitForSelector("[data-verdict]:not([data-verdict=''])");
  holds(/Alarme/.test(await page.textContent("nav")), "the rail is German");
  equal(await page.getAttribute("html", "lang"), "de", "lang");
  await page.end();
});

// More tabs than the six connections a browser allows to one host.
const TABS = 20;
test(`${TABS} tabs of a browser are live over one stream`, async () => {
  const streams = async () => Number(/^pharos_live_streams (\d+)/m.exec(await (await fetch(`${world.url}/metrics`)).text())?.[1]);
  const score = (page) => page.$$eval(".region", (cards) => Number(cards.find((card) => card.dataset.region === "us-east")?.querySelector("b[data-value]").dataset.value));
  await until(async () => (await streams()) === 0, "no stream is left of the tests before");
  const context = await browser.newContext();
  const pages = [];
  for (let i = 0; i < TABS; i++) {
    const page = await context.newPage();
    await page.goto(`${world.url}/`, { waitUntil: "commit" });
    pages.push(page);
  }
  for (const page of pages) await page.waitForSelector(".live-dot.live", { timeout: 60_000 });
  equal(await streams(), 1, "streams of one browser");
  // A value that is new on the server reaches every one of them.
  world.state.scores["us-east"] = 87.0625;
  for (const [i, page] of pages.entries()) await until(async () => (await score(page)) === 87.0625, `the new score in tab ${i + 1}`);
  equal(await streams(), 1, "streams of one browser");
  const other = await browser.newContext();
  const page = await other.newPage();
  await page.goto(`${world.url}/`);
  await page.waitForSelector(".live-dot.live", { timeout: 60_000 });
  equal(await streams(), 2, "streams of two browsers");
  await other.close();
  await context.close();
  await until(async () => (await streams()) === 0, "streams end with their browsers");
});

test("while the server is away the page keeps what it had, says so, and recovers", async () => {
  const page = await open("/");
  await page.waitForSelector(".region");
  await world.halt();
  await page.waitForSelector(".banner.critical", { timeout: 60_000 });
  equal(await page.$$eval(".region", (all) => all.length), REGIONS.length, "regions while the server is away");
  await page.screenshot({ path: join(SHOTS, "away.png") });
  await world.start();
  await page.waitForSelector(".banner.critical", { state: "detached", timeout: 60_000 });
  page.troubles = page.troubles.filter((trouble) => !/ERR_CONNECTION|ERR_INCOMPLETE|network error/i.test(trouble));
  await page.end();
});

test("a server that hangs is told, above and in each panel, and what was shown stays", async () => {
  const panels = [{ id: 1, type: "stat", title: "Requests", gridPos: { x: 0, y: 0, w: 12, h: 6 }, targets: [{ refId: "A", expr: "sum(dwcp_requests_total)", instant: true }] }];
  const saved = await fetch(`${world.url}/api/dashboards/db`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ dashboard: { uid: "hang", title: "Hang", panels }, overwrite: true }) });
  holds(saved.ok, `the board is saved: HTTP ${saved.status}`);
  const page = await open("/dashboards/hang?from=now-5m&to=now&refresh=1s");
  const value = () => page.$eval('[data-panel="1"] [data-value]', ({ dataset }) => Number(dataset.value));
  await until(async () => (await value()) > 0, "the panel's value");
  world.child.kill("SIGSTOP"); // it keeps its connections and answers nothing
  let before;
  try {
    await page.waitForSelector(".banner.critical", { timeout: 60_000 });
    await until(async () => /No answer since \d\d:\d\d:\d\d/.test(await page.textContent('[data-panel="1"] header')), "the panel's line");
    before = await value();
    holds(before > 0, "the last value stays");
  } finally {
    world.child.kill("SIGCONT");
  }
  await page.waitForSelector(".banner.critical", { state: "detached", timeout: 60_000 });
  await until(async () => (await value()) > before, "values go on");
  page.troubles = page.troubles.filter((trouble) => !/ERR_|network error/i.test(trouble));
  await page.end();
});

test("a fresh server shows its host, an empty one how to send the first data, below any prefix", async () => {
  const port = await freePort();
  const fresh = await startWorld({ fleet: false, port, prefix: "/watch", flags: ["--web.external-url", `http://127.0.0.1:${port}/watch/`] });
  try {
    const page = await open("/watch/", { at: fresh.url });
    await page.waitForSelector(".tile", { timeout: 60_000 });
    await until(async () => Number.isFinite(Number(await page.$eval(".tile [data-value]", (value) => value.dataset.value || "x"))), "the host's CPU");
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(SHOTS, "host.png") });
    await axe(page, { what: "the host", practice: true });
    await page.click("nav a[href$='/alerts']");
    await page.waitForURL("**/watch/alerts");
    await page.reload();
    await page.waitForSelector(".tabs");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${fresh.url}/watch/`);
    await page.waitForSelector(".tile");
    equal(await sideways(page), 0, "sideways scroll");
    await page.screenshot({ path: join(SHOTS, "host-390.png") });
    await page.end();
  } finally {
    await fresh.stop();
  }
});

await main(startWorld, async (server, chromium) => {
  [world, browser] = [server, chromium];
  mkdirSync(SHOTS, { recursive: true });
  world.state.scores["sa-east"] = 74;
  world.state.components["sa-east hde"] = 1;
  world.state.components["ap-ne pba"] = 0;
  await world.postAlerts(manyAlerts(24));
  await until(async () => (await (await fetch(`${world.url}/api/v1/deliveries`)).json()).data.length > 0, "the first delivery");
  await fetch(`${world.url}/api/v1/query?query=count(up)`); // for the log of queries: live ones have a table of their own
  await runTests(browser);
});
