// Dashboards and Explore in a browser, against the real binary: `node e2e/boards.mjs` in ui/. Set PHAROS_SHOTS to a
// folder to keep pictures.
import { readFileSync, readdirSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { axe, check, equal, expect, main } from "./checks.mjs";
import { HOSTILE, startWorld, until } from "./world.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const SHOTS = process.env.PHAROS_SHOTS;

const panel = (id, type, expr, more = {}) => ({
  id, type, title: `${type} ${id}`, gridPos: { x: ((id - 1) % 3) * 8, y: Math.floor((id - 1) / 3) * 8, w: 8, h: 8 },
  targets: expr === undefined ? [] : [{ refId: "A", expr, ...(more.target ?? {}) }], options: more.options ?? {}, fieldConfig: { defaults: more.defaults ?? {}, overrides: [] },
});

const NUMBERS = {
  uid: "numbers", title: "Numbers", schemaVersion: 39, time: { from: "now-5m", to: "now" }, refresh: "5s",
  templating: { list: [{ name: "region", type: "query", query: "label_values(dwcp_region_health_score, region)", refresh: 2, sort: 1, current: { text: "eu-west", value: "eu-west" } }] },
  panels: [
    panel(1, "stat", 'dwcp_region_health_score{region="$region"}'),
    panel(2, "gauge", "avg(dwcp_region_health_score)", { defaults: { max: 100 } }),
    panel(3, "bargauge", "dwcp_region_health_score", { target: { legendFormat: "{{region}}" } }),
    panel(4, "table", "dwcp_region_health_score", { target: { instant: true, format: "table" } }),
    panel(5, "timeseries", "dwcp_region_health_score", { target: { legendFormat: "{{region}}" } }),
    panel(6, "piechart", "dwcp_region_health_score", { target: { legendFormat: "{{region}}" } }),
    panel(7, "timeseries", "sum(rate(dwcp_requests_total[30s])"),
    panel(8, "timeseries", "hostile_metric"),
    panel(9, "alertlist"),
  ],
};

// What the page asked, so that a number on it can be held against the same question.
function listen(page) {
  const asked = new Map();
  page.on("request", (request) => {
    if (!/\/api\/v1\/query(_range)?$/.test(new URL(request.url()).pathname)) return;
    const form = new URLSearchParams(request.postData() ?? "");
    asked.set(`${new URL(request.url()).pathname.endsWith("_range") ? "range" : "instant"} ${form.get("query")}`, form);
  });
  return asked;
}

await main(startWorld, async (world, browser) => {
  const errors = [];
  const api = async (path, parameters) => (await (await fetch(`${world.url}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(parameters) })).json()).data;
  const post = (board, more = {}) => fetch(`${world.url}/api/dashboards/db`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ dashboard: board, overwrite: true, ...more }) });
  const newPage = async (size = { width: 1440, height: 1000 }) => {
    const page = await browser.newPage({ viewport: size, acceptDownloads: true });
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => errors.push(error.message));
    return page;
  };
  const shot = async (page, name) => {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  };
  const opened = async (page, path, count) => {
    await page.goto(`${world.url}${path}`);
    await page.waitForSelector("[data-panel]", { timeout: 60_000 });
    await page.waitForFunction((n) => document.querySelectorAll('[data-panel][data-loaded="true"]').length >= n, count, { timeout: 60_000 });
  };
  try {
    await until(async () => (await api("query", { query: "count(dwcp_region_health_score)" }))?.result?.length > 0, "the fleet has been scraped", 60);
    // Enough samples of every region for a rate.
    await until(async () => Number((await api("query", { query: "count(count_over_time(dwcp_requests_total[30s]) > 4)" }))?.result?.[0]?.value[1]) === 8, "the fleet has a past", 60);
    expect((await post(NUMBERS)).ok, "the board is taken");

    const page = await newPage();
    // The menu's code comes with the focus; a press that came too early is repeated until the menu is there.
    const openList = async (button) => {
      await button.focus();
      await until(async () => {
        if (await page.getByRole("menu").isVisible()) return true;
        await button.focus();
        await page.keyboard.press("Enter");
        await page.waitForTimeout(300);
        return page.getByRole("menu").isVisible();
      }, "the menu opens", 60);
    };
    const openMenu = (id) => openList(page.locator(`[data-panel="${id}"] .panel-menu`));
    const asked = listen(page);
    const now = Math.floor(Date.now() / 1000) - 1;
    const frozen = `from=${(now - 60) * 1000}&to=${now * 1000}`;
    await check("numbers equal the API's at a frozen time", async () => {
      await opened(page, `/dashboards/numbers?${frozen}`, 6);
      const ranged = async (expr) => {
        const form = asked.get(`range ${expr}`);
        expect(form, `nothing asked ${expr}`);
        const found = (await api("query_range", Object.fromEntries(form))).result;
        return new Map(found.map((s) => [s.metric.region ?? "", s.values.at(-1)[1]]));
      };
      const cell = (id, name) => page.locator(`[data-panel="${id}"] [data-value]${name === undefined ? "" : `[data-name="${name}"]`}`).first().getAttribute("data-value");
      equal(Number(await cell(1)), Number((await ranged('dwcp_region_health_score{region="eu-west"}')).get("eu-west")), "stat");
      equal(Number(await cell(2)), Number((await ranged("avg(dwcp_region_health_score)")).get("")), "gauge");
      const all = await ranged("dwcp_region_health_score");
      for (const [region, text] of all) {
        equal(Number(await cell(3, region)), Number(text), `bar of ${region}`);
        equal(Number(await cell(6, region)), Number(text), `slice of ${region}`);
        equal(Number(await page.locator(`[data-panel="5"] [data-series="${region}"]`).getAttribute("data-value")), Number(text), `line of ${region}`);
      }
      const rows = (await api("query", { query: "dwcp_region_health_score", time: now })).result;
      const shown = await page.locator('[data-panel="4"] tbody td.num[data-value]').evaluateAll((cells) => cells.map((c) => Number(c.dataset.value)));
      for (const row of rows) expect(shown.includes(Number(row.value[1])), `the table has ${row.value[1]}`);
    });
    await check("a panel's menu is reached and opened by keys alone, also before its code has come", async () => {
      const keys = await newPage();
      await opened(keys, `/dashboards/numbers?${frozen}`, 6);
      const onMenu = () => keys.evaluate(() => document.activeElement?.classList.contains("panel-menu") === true);
      for (let i = 0; i < 80 && !(await onMenu()); i++) await keys.keyboard.press("Tab");
      expect(await onMenu(), "Tab reaches a panel's menu");
      await keys.keyboard.press("Enter");
      await keys.getByRole("menu").waitFor();
      await keys.keyboard.press("Escape");
      await keys.getByRole("menu").waitFor({ state: "detached" });
      await until(onMenu, "the focus comes back to its button");
      await keys.close();
    });
    await check("a query that fails says so in its panel, and the rest of the board stands", async () => {
      expect((await page.locator('[data-panel="7"] .trouble').textContent()).length > 5, "the panel says what happened");
      equal(await page.locator('[data-panel="1"] .trouble').count(), 0, "trouble elsewhere");
    });
    await check("label values are text, whatever they hold", async () => {
      const legend = await page.locator('[data-panel="8"] .graph-legend').textContent();
      expect(legend.includes("<script>") || legend.includes("<img"), `the label is shown: ${legend}`);
      equal(await page.evaluate(() => window.pwned), undefined, "script ran");
      expect(HOSTILE.length > 0, "there is hostile text");
    });
    await shot(page, "numbers");
    await check("a variable chosen is in the address and in the queries", async () => {
      await page.selectOption("#var-region", "us-east");
      await page.waitForFunction(() => location.search.includes("var-region=us-east"));
      await until(() => asked.has('range dwcp_region_health_score{region="us-east"}'), "the query follows", 60);
    });
    await check("axe finds nothing serious on a board", () => axe(page));

    await check("an edit is saved, and a stale save is refused with a choice", async () => {
      await page.goto(`${world.url}/dashboards/numbers?${frozen}&editPanel=1`);
      await page.getByRole("tab", { name: "Display" }).click();
      const name = page.getByLabel("Name", { exact: true });
      const before = await name.inputValue();
      await name.fill("Renamed");
      await page.getByRole("button", { name: "Undo", exact: true }).click();
      equal(await name.inputValue(), before, "the name after undo");
      await page.getByRole("button", { name: "Redo", exact: true }).click();
      equal(await name.inputValue(), "Renamed", "the name after redo");
      await page.getByRole("button", { name: "Done", exact: true }).click();
      await post({ ...NUMBERS, title: "Someone was faster" });
      await page.getByRole("button", { name: "Save", exact: true }).first().click();
      await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Overwrite" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const stored = await (await fetch(`${world.url}/api/dashboards/uid/numbers`)).json();
      equal(stored.dashboard.panels[0].title, "Renamed", "the stored title");
    });
    await check("versions of a board are told in the zone of the page, with what has changed since", async () => {
      await opened(page, `/dashboards/numbers?${frozen}&tz=Asia%2FTokyo`, 6);
      const found = await (await fetch(`${world.url}/api/dashboards/uid/numbers/versions`)).json();
      const versions = Array.isArray(found) ? found : found.versions;
      await page.keyboard.press("d");
      await page.keyboard.press("h");
      await page.getByRole("dialog").locator("tbody tr").first().waitFor();
      const told = await page.getByRole("dialog").locator("tbody td.nowrap").allTextContents();
      equal(told, versions.map(({ created }) => new Date(Date.parse(created) + 9 * 3600_000).toISOString().slice(0, 19).replace("T", " ")), "the times of its versions");
      await page.getByRole("dialog").locator("tbody button.link").last().click();
      await until(async () => /\+ .*"title": "Renamed"/.test((await page.textContent("[role=dialog] .diff").catch(() => "")) ?? ""), "what has changed since the first");
      await page.keyboard.press("Escape");
    });
    await check("an old board is imported with a report", async () => {
      await page.goto(`${world.url}/dashboards`);
      await page.getByRole("button", { name: "Import", exact: true }).click();
      const old = { title: "Old one", rows: [{ title: "R", panels: [{ type: "graph", title: "G", span: 12, datasource: "Prometheus", targets: [{ expr: "up" }] }, { type: "acme-odd", title: "Odd", span: 6 }] }] };
      await page.getByRole("dialog").getByLabel("JSON").fill(JSON.stringify(old));
      equal(await page.locator(".fidelity p").getAttribute("data-none"), "1", "panels not shown");
      await page.getByRole("dialog").getByRole("button", { name: "Import" }).click();
      await page.waitForSelector('[data-type="timeseries"]');
    });
    await check("a panel's data and picture, and the whole board, leave as files", async () => {
      await opened(page, `/dashboards/numbers?${frozen}`, 6);
      const take = async (id, item) => {
        await openMenu(id);
        const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
        return readFileSync(await file.path(), "utf8");
      };
      const csv = await take(5, "Data as CSV");
      expect(csv.startsWith("Time,") && csv.includes("eu-west"), `CSV: ${csv.slice(0, 80)}`);
      const svg = await take(2, "Picture as SVG");
      expect(svg.includes("<path") && svg.includes("gauge 2"), "SVG has the drawing and the title");
      const table = await take(4, "Picture as SVG");
      expect(table.includes(">Time<") && table.includes("dwcp_region_health_score"), "SVG of a table has its head and rows");
      await openList(page.locator('button[aria-label="More"]'));
      const [file] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), page.getByRole("menuitem", { name: /snapshot/i }).click()]);
      const html = readFileSync(await file.path(), "utf8");
      const offline = await browser.newContext({ offline: true });
      const frozenPage = await offline.newPage();
      await frozenPage.setContent(html);
      expect((await frozenPage.locator("h1").textContent()).length > 0, "the snapshot has its title");
      equal(await frozenPage.locator("script:not([type='application/json'])").count(), 0, "scripts in the snapshot");
      expect((await frozenPage.locator("img").count()) > 0, "graphs are pictures");
      await offline.close();
    });
    await check("a snapshot has the rows of a table that are out of sight", async () => {
      const many = { ...panel(1, "table", 'topk(120, count by (__name__) ({__name__=~".+"}))', { target: { instant: true, format: "table" } }), gridPos: { x: 0, y: 0, w: 12, h: 8 } };
      equal((await post({ uid: "rows", title: "Rows", panels: [many] })).status, 200, "the board is stored");
      await opened(page, "/dashboards/rows", 1);
      const rows = page.locator("tbody tr:not([aria-hidden])");
      await rows.nth(5).waitFor();
      const inSight = await rows.count();
      await openList(page.locator('button[aria-label="More"]'));
      const [file] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), page.getByRole("menuitem", { name: /snapshot/i }).click()]);
      const all = (readFileSync(await file.path(), "utf8").match(/<tr style/g) ?? []).length;
      expect(inSight < 60 && all >= 120, `${inSight} rows in sight, ${all} in the file`);
    });
    await check("a lost server leaves the data, and its return goes on", async () => {
      await opened(page, "/dashboards/numbers", 6);
      const before = await page.locator('[data-panel="2"] [data-value]').first().textContent();
      await world.halt();
      await page.waitForSelector(".banner.critical", { timeout: 60_000 });
      expect((await page.locator('[data-panel="2"] [data-value]').first().textContent()).length === before.length || before !== "", "the number stays");
      await world.start();
      await page.waitForSelector(".banner.critical", { state: "detached", timeout: 60_000 });
    });
    await check("every board of the repository opens without a failure", async () => {
      const folders = ["packs/dwcp/dashboards", "tests/boards/coverage"].map((folder) => join(ROOT, folder));
      for (const folder of folders)
        for (const name of readdirSync(folder).filter((n) => n.endsWith(".json"))) {
          const board = JSON.parse(readFileSync(join(folder, name), "utf8"));
          const saved = await (await post(board)).json();
          await page.goto(`${world.url}/dashboards/${saved.uid}`);
          await page.waitForSelector('[data-panel][data-loaded="true"]');
          equal(await page.locator(".board-panel [role=alert]").count(), 0, `${name}: panels that broke`);
        }
    });

    await check("Explore runs a query, explains it, tells its cost, and goes to a table", async () => {
      await page.goto(`${world.url}/explore?${frozen}`);
      await page.locator(".cm-content").click();
      await page.keyboard.type("sum by (region) (rate(dwcp_requests_total[30s]))");
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector(".table-legend >> text=eu-west");
      await page.waitForSelector(".cost[data-series]");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.waitForSelector(".explain .chip[data-value='8']");
      await shot(page, "explore");
      await page.getByRole("tab", { name: "Table" }).click();
      await page.waitForFunction(() => document.querySelectorAll(".data-table tbody td[data-value]").length >= 8);
    });
    await check("Explore asks with the step that is wanted, and for exemplars", async () => {
      await page.getByRole("tab", { name: "Graph" }).click();
      const step = page.getByLabel("Min step");
      await step.fill("1 fortnight");
      await step.press("Enter");
      expect(!page.url().includes("step="), "what is no duration is not taken");
      const answered = page.waitForResponse((response) => /query_range/.test(response.url()) && new URLSearchParams(response.request().postData() ?? new URL(response.url()).search).get("step") === "3");
      await step.fill("3s");
      await step.press("Enter");
      await answered;
      expect(await step.evaluate((field) => field === document.activeElement), "the field keeps the focus");
      const exemplars = page.waitForRequest(/query_exemplars/);
      await page.getByLabel("Exemplars").check();
      await exemplars;
      await page.reload();
      // Whether a value falls on a step of 3 s depends on when this world began.
      await page.waitForSelector('[data-panel][data-loaded="true"]');
      equal([await step.inputValue(), await page.getByLabel("Exemplars").isChecked()], ["3s", true], "what the address says");
    });
    await check("a query becomes an alert rule, tried on the past", async () => {
      await page.getByRole("button", { name: "Make an alert rule" }).click();
      await page.getByRole("button", { name: /Backtest/ }).click();
      await page.waitForSelector("[data-rule] >> text=expr", { timeout: 60_000 });
      await page.waitForSelector("span[data-value]", { timeout: 60_000 });
    });
    await check("a panel opens in Explore and goes back", async () => {
      await opened(page, `/dashboards/numbers?${frozen}`, 6);
      await openMenu(5);
      await page.getByRole("menuitem", { name: "Explore" }).click();
      await page.waitForSelector(".promql-editor[data-query='dwcp_region_health_score']");
      await page.locator(".back-link").click();
      await page.waitForSelector('[data-board="numbers"]');
    });
    await check("axe finds nothing serious on Explore and the list", async () => {
      await page.goto(`${world.url}/explore?q=up&${frozen}`);
      await page.waitForSelector(".cm-content");
      await page.waitForTimeout(500);
      await axe(page);
      await page.goto(`${world.url}/dashboards`);
      await page.waitForSelector(".board-list li");
      await axe(page);
    });
    await check("nothing scrolls sideways on a phone", async () => {
      const phone = await newPage({ width: 390, height: 800 });
      for (const path of ["/dashboards", `/dashboards/numbers?${frozen}`, `/explore?q=up&${frozen}`]) {
        await phone.goto(`${world.url}${path}`);
        await phone.waitForTimeout(1200);
        const [wide, room] = await phone.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        expect(wide <= room, `${path} is ${wide} wide in ${room}`);
        await shot(phone, `phone${path.replace(/\W+/g, "-").slice(0, 30)}`);
      }
      await phone.close();
    });
  } finally {
    await check("no page threw", async () => expect(errors.length === 0, errors.join("; ")));
  }
});
