// What people change in the browser, against the real binary: playlists, marks on graphs, rules, configurations
// side by side, and a server on which nothing can be changed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { axe, equal, expect as holds, main, runTests, test } from "./checks.mjs";
import { startWorld, until } from "./world.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SHOTS = join(HERE, "shots");

let browser;
let world;

async function open(path, { width = 1400, height = 950, at = world.url } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: "dark", locale: "en-GB", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000); // the machine may be busy with other tests
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) page.troubles.push(`console: ${message.text()}`);
  });
  await page.goto(at + path);
  await page.waitForSelector("main");
  page.end = async () => {
    await context.close();
    equal(page.troubles, [], "troubles of the page");
  };
  return page;
}

/** Pictures and axe in dark and light, and no sideways scroll at 390 px; the page is as it was afterwards. */
async function look(page, name) {
  const { width, height } = page.viewportSize();
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  await axe(page, { what: name, practice: true });
  await page.evaluate(() => (document.documentElement.dataset.theme = "light"));
  await page.screenshot({ path: join(SHOTS, `${name}-light.png`) });
  await axe(page, { what: `${name}, light`, practice: true });
  await page.evaluate(() => (document.documentElement.dataset.theme = "dark"));
  await page.setViewportSize({ width: 390, height: 844 });
  await until(async () => (await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) === 0, `no sideways scroll of ${name} at 390 px`);
  await page.screenshot({ path: join(SHOTS, `${name}-390.png`) });
  await page.setViewportSize({ width, height });
}

const json = async (path, init) => {
  const response = await fetch(world.url + path, init);
  holds(response.ok, `${path}: HTTP ${response.status}: ${await response.clone().text()}`);
  return response.json();
};
const post = (path, body) => json(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const groupText = async (path) => {
  const response = await fetch(`${world.url}/config/v1/rules/${path}`);
  return response.ok ? response.text() : undefined;
};

const BOARDS = ["one", "two", "three"];
async function addBoards() {
  for (const uid of BOARDS)
    await post("/api/dashboards/db", {
      overwrite: true,
      dashboard: {
        uid,
        title: `Board ${uid}`,
        tags: uid === "three" ? [] : ["wall"],
        time: { from: "now-5m", to: "now" },
        panels: [1, 2].map((id) => ({ id, type: "timeseries", title: `Graph ${id}`, gridPos: { x: (id - 1) * 12, y: 0, w: 12, h: 9 }, targets: [{ refId: "A", expr: "up" }] })),
      },
    });
}

test("a playlist is made, saved, and told of a change by somebody else", async () => {
  const page = await open("/playlists");
  await page.getByText("There is no playlist yet.").waitFor();
  await page.keyboard.press("n");
  await page.keyboard.press("p");
  await page.getByLabel("Name").fill("Wall <img src=x onerror=pwned=1>");
  await page.getByLabel("Each is shown for").fill("soon");
  await page.getByText("A duration from 1s to 7d").waitFor();
  await page.getByLabel("Each is shown for").fill("2s");
  await page.getByLabel("Add a dashboard").selectOption("three");
  await page.getByLabel("Add all dashboards with a tag").selectOption("wall");
  await page.getByRole("button", { name: /^Move all with the tag wall up/ }).click();
  await look(page, "playlist-edit");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL("**/playlists/edit/*");
  await page.getByRole("button", { name: "History" }).waitFor(); // the form has what is stored, and its version
  const [stored] = await json("/api/playlists");
  equal([stored.name, stored.interval, stored.version], ["Wall <img src=x onerror=pwned=1>", "2s", 1], "the playlist");
  const { items } = await json(`/api/playlists/${stored.uid}`);
  equal(items.map(({ type, value }) => [type, value]), [["dashboard_by_tag", "wall"], ["dashboard_by_uid", "three"]], "its items");

  await json(`/api/playlists/${stored.uid}`, { method: "PUT", body: JSON.stringify({ name: "Theirs", interval: "2s", items, version: 1 }) });
  await page.getByLabel("Name").fill("Mine");
  await page.keyboard.press("Control+s");
  await page.getByText("Someone else has changed this playlist").waitFor();
  await page.getByRole("button", { name: "Overwrite" }).click();
  await until(async () => (await json(`/api/playlists/${stored.uid}`)).name === "Mine", "mine is stored");
  equal(await page.evaluate(() => window.pwned), undefined, "hostile text ran");
  await page.getByRole("button", { name: "History" }).click();
  const versions = page.locator("[role=dialog] tr[data-version]");
  await until(async () => (await versions.count()) === 3, "three versions");
  await versions.nth(2).getByRole("button", { name: "Restore" }).click();
  await until(async () => (await json(`/api/playlists/${stored.uid}`)).name === stored.name, "the first version is back");
  await until(async () => (await page.getByLabel("Name").inputValue()) === stored.name, "the form shows it");
  await page.goto(`${world.url}/playlists`);
  await page.waitForSelector(".playlists li");
  await look(page, "playlists");
  await page.end();
});

test("a playlist plays its boards in order as a kiosk, round and round, and stops by key", async () => {
  const [{ uid }] = await json("/api/playlists");
  const page = await open(`/playlists/play/${uid}?kiosk`);
  const shown = () => page.getAttribute(".board-page", "data-board").catch(() => null);
  const seen = [];
  await until(async () => {
    const board = await shown();
    if (board && seen[seen.length - 1] !== board) seen.push(board);
    return seen.length >= 5;
  }, "five boards", 120);
  const order = ["one", "two", "three"];
  const begin = order.indexOf(seen[0]);
  equal(seen.slice(0, 5), Array.from({ length: 5 }, (_, i) => order[(begin + i) % 3]), "the order");
  holds(!(await page.isVisible(".rail")), "the rail is hidden");
  await page.keyboard.press("Space");
  await page.waitForSelector(".player[data-paused=true]");
  await look(page, "playlist-play");
  const before = await shown();
  await page.keyboard.press("ArrowRight");
  await until(async () => (await shown()) === order[(order.indexOf(before) + 1) % 3], "the next board by key");
  await page.keyboard.press("ArrowLeft");
  await until(async () => (await shown()) === before, "the one before by key");
  await page.reload();
  await until(async () => (await shown()) === before, "a reload goes on where it was");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".playlists li");
  await page.end();
});

test("a playlist whose boards are gone says so", async () => {
  const made = await post("/api/playlists", { name: "Empty", interval: "5m", items: [{ type: "dashboard_by_uid", value: "gone" }] });
  const page = await open(`/playlists/play/${made.uid}`);
  await page.getByText("This playlist shows nothing").waitFor();
  await page.goto(`${world.url}/playlists`);
  await page.locator(`li[data-uid="${made.uid}"] button`).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await until(async () => (await json("/api/playlists")).length === 1, "the playlist is gone");
  await page.end();
});

test("a mark is set with Ctrl and a click or a drag, shown on every graph at once, changed and deleted", async () => {
  const page = await open("/dashboards/one");
  const other = await open("/dashboards/two");
  const over = page.locator("[data-panel='1'] .u-over");
  await page.waitForSelector("[data-panel='1'][data-loaded=true] .u-over");
  await other.waitForSelector("[data-panel='1'][data-loaded=true] .u-over");
  const { width, height } = await over.boundingBox();

  await over.click({ position: { x: width * 0.5, y: height * 0.5 }, modifiers: ["Control"] });
  await page.getByRole("dialog").waitFor();
  await page.getByLabel("What happened").fill("deploy <b>api</b> 1.4.2");
  await page.getByLabel("Tags, with commas").fill("deployment, eu");
  await look(page, "mark");
  await page.getByLabel("Shown on").selectOption("all");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  const posted = async () => (await json("/api/annotations?type=annotation&limit=500")).filter(({ text }) => /deploy|span/.test(text));
  const [mark] = await posted();
  equal([mark.text, mark.tags, mark.dashboardUID, mark.time === mark.timeEnd], ["deploy <b>api</b> 1.4.2", ["deployment", "eu"], "", true], "the mark");
  // On the other board too, without a reload: over the mark its text stands.
  for (const [where, name] of [[page, "this board"], [other, "the other board"]]) {
    const plot = where.locator("[data-panel='2'] .u-over");
    await until(async () => {
      const box = await plot.boundingBox();
      const now = Date.now();
      for (let i = 0; i <= 40; i++) {
        await where.mouse.move(box.x + (box.width * i) / 40, box.y + box.height / 2);
        if (/deploy <b>api<\/b>/.test((await where.textContent("[data-panel='2'] .plot-tip").catch(() => "")) ?? "")) return true;
        if (Date.now() - now > 20_000) return false;
      }
      return false;
    }, `the mark on ${name}`, 90);
  }
  // A click on it opens it.
  const at = page.locator("[data-panel='2'] .u-over");
  const box = await at.boundingBox();
  await until(async () => {
    for (let i = 0; i <= 60 && !(await page.isVisible("[role=dialog]")); i++) await page.mouse.click(box.x + (box.width * i) / 60, box.y + box.height / 2);
    return page.isVisible("[role=dialog]");
  }, "the mark opens", 60);
  await page.getByLabel("What happened").fill("deployed");
  await page.getByRole("button", { name: "Save" }).click();
  await until(async () => (await posted())[0].text === "deployed", "the change");

  // A span, by dragging; the range stays.
  const range = new URL(page.url()).searchParams.get("from");
  await page.keyboard.down("Control");
  const place = await over.boundingBox();
  await page.mouse.move(place.x + place.width * 0.2, place.y + place.height / 2);
  await page.mouse.down();
  await page.mouse.move(place.x + place.width * 0.4, place.y + place.height / 2, { steps: 8 });
  await page.mouse.up();
  await page.keyboard.up("Control");
  await page.getByRole("dialog").waitFor();
  equal(new URL(page.url()).searchParams.get("from"), range, "the range");
  await page.getByLabel("What happened").fill("span of trouble");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  const span = (await posted()).find(({ text }) => text === "span of trouble");
  holds(span.timeEnd - span.time > 20_000 && span.timeEnd - span.time < 120_000, `a fifth of five minutes: ${span.timeEnd - span.time} ms`);
  equal([span.dashboardUID, span.panelId], ["one", 1], "where it belongs");

  // From the keyboard, and deleted.
  await page.keyboard.press("d");
  await page.keyboard.press("m");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await until(async () => {
    for (let i = 20; i <= 30 && !(await page.isVisible("[role=dialog]")); i++) await page.mouse.click(place.x + (place.width * i) / 100, place.y + place.height / 2);
    return page.isVisible("[role=dialog]");
  }, "the span opens", 60);
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await until(async () => (await posted()).length === 1, "the span is gone");
  await page.end();
  await other.end();
});

test("a rule is written in the form, its mistakes named, saved, in force, undone and brought back", async () => {
  const page = await open("/alerts/rules");
  await page.getByRole("button", { name: "New rule" }).click();
  await page.waitForURL("**/alerts/rules/new");
  await page.getByLabel("Group", { exact: true }).fill("written");
  await page.getByLabel("Alert name").fill("Written");
  await page.locator(".rule-card .cm-content").fill("sum(");
  await page.locator(".rule-card [role=alert]").first().waitFor();
  holds(/could not parse expression/.test(await page.textContent(".rule-card [role=alert]")), "the mistake stands at its rule");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".rule-card [role=alert]").first().waitFor();
  equal(await groupText("ui/written"), undefined, "nothing is saved");
  await page.locator(".rule-card .cm-content").fill("up >= 0");
  await page.locator(".rule-card [role=alert]").first().waitFor({ state: "detached" });
  await page.getByLabel("For", { exact: true }).fill("1s");
  await page.getByLabel("Annotations: summary").fill("{{ $labels.instance }} is there");
  await until(() => page.getByRole("button", { name: /^Run over the last/ }).isEnabled(), "the rule can be tried");
  await page.locator(".rule-card .cm-content").focus();
  await page.keyboard.press("Control+Enter"); // as the button does
  equal(await page.locator(".rule-card .cm-content").innerText(), "up >= 0", "the expression");
  await until(async () => /Would have fired|Would not/.test(await page.textContent(".rule-editor")), "the backtest");
  await look(page, "rule-editor");
  await page.getByLabel("What changed").fill("first");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=written");
  await page.getByText("is in force since").waitFor();
  holds(/alert: Written/.test(await groupText("ui/written")), "the group is stored");
  await until(async () => (await json("/api/v1/alerts")).data.alerts.some(({ labels, state }) => labels.alertname === "Written" && state === "firing"), "it fires", 60);

  // A second change, and its undo.
  await page.getByLabel("For", { exact: true }).fill("9m");
  await page.keyboard.press("Control+s");
  await until(async () => /for: 9m/.test(await groupText("ui/written")), "the change is stored");
  await page.getByRole("button", { name: "Undo" }).click();
  await until(async () => /for: 1s/.test(await groupText("ui/written")), "the change is undone");
  await until(async () => (await page.getByLabel("For", { exact: true }).inputValue()) === "1s", "the form shows it");

  // History.
  await page.getByRole("button", { name: "History" }).click();
  await until(async () => (await page.$$("[role=dialog] tr[data-revision]")).length === 3, "three revisions");
  await page.locator("[role=dialog] tr[data-revision] .link").nth(1).click();
  await until(async () => /− +for: 9m/.test((await page.textContent("[role=dialog] .diff")) ?? ""), "the difference");
  await look(page, "rule-history");
  await page.locator("[role=dialog] tr[data-revision]").nth(1).getByRole("button", { name: "Bring back" }).click();
  await until(async () => /for: 9m/.test(await groupText("ui/written")), "the revision is back");
  await page.end();
});

test("a group is renamed in one act: undone as one, its history one", async () => {
  await fetch(`${world.url}/config/v1/rules/ui?message=begun`, { method: "POST", body: "name: before\nrules:\n  - alert: Renamed\n    expr: up > 5\n" });
  const page = await open("/alerts/rules/edit?namespace=ui&group=before");
  await page.getByLabel("Group", { exact: true }).fill("written");
  await page.getByText("Saving renames the group").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("There is a group ui/written already").waitFor();
  await page.getByLabel("Group", { exact: true }).fill("after");
  await page.keyboard.press("Control+s");
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=after");
  equal([await groupText("ui/before"), /name: after/.test(await groupText("ui/after"))], [undefined, true], "the groups");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=before");
  equal([/name: before/.test(await groupText("ui/before")), await groupText("ui/after")], [true, undefined], "the groups after undo");
  await page.getByLabel("Group", { exact: true }).fill("after");
  await page.keyboard.press("Control+s");
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=after");
  await page.getByRole("button", { name: "History" }).click();
  const first = page.locator("[role=dialog] tr[data-revision]").last();
  await first.waitFor();
  holds(/ui\/before.*begun/.test(await first.textContent()), "the history goes on with the name before");
  await first.getByRole("button", { name: "Bring back" }).click();
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=before");
  equal(await groupText("ui/after"), undefined, "the group of the later name");
  await fetch(`${world.url}/config/v1/rules/ui/before`, { method: "DELETE" });
  await page.end();
});

test("two people change one group: the second is told", async () => {
  const page = await open("/alerts/rules/edit?namespace=ui&group=written");
  await page.getByRole("tab", { name: "Text" }).click();
  const mine = (await page.inputValue(".rule-yaml")).replace("9m", "3m");
  await fetch(`${world.url}/config/v1/rules/ui`, { method: "POST", body: mine.replace("3m", "4m") });
  await page.fill(".rule-yaml", mine);
  await page.keyboard.press("Control+s");
  await page.getByText("Someone else has changed this group").waitFor();
  holds(/for: 4m/.test(await groupText("ui/written")), "theirs stays");
  await page.getByRole("button", { name: "Overwrite" }).click();
  await until(async () => /for: 3m/.test(await groupText("ui/written")), "mine replaces it when wanted");
  await page.fill(".rule-yaml", "name: written\nrules:\n  - alert: A\n    expr: up\n    fore: 5m\n");
  await until(async () => /5:5.*fore.*for/s.test((await page.textContent(".rule-errors").catch(() => "")) ?? ""), "the mistake with its line and the nearest key");
  await look(page, "rule-text");
  await page.end();
});

test("a rule of the operator's file is shown, not changed, and copied", async () => {
  const page = await open("/alerts/rules");
  await page.locator("tr[data-rule='DWCPComponentDown']").getByRole("link", { name: "Open" }).click();
  await page.getByText("it is not rewritten from here").waitFor();
  equal(await page.getByRole("button", { name: "Save" }).count(), 0, "buttons to save");
  await look(page, "rule-of-a-file");
  const before = readFileSync(join(world.folder, "rules.yml"), "utf8");
  await page.getByRole("button", { name: "Copy to an edited group" }).click();
  await page.getByLabel("Group", { exact: true }).fill("copy");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=copy");
  holds(/DWCPComponentDown/.test(await groupText("ui/copy")), "the copy");
  equal(readFileSync(join(world.folder, "rules.yml"), "utf8"), before, "the operator's file");
  await page.getByRole("button", { name: "Delete the group" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the group" }).click();
  await page.waitForURL("**/alerts/rules");
  equal(await groupText("ui/copy"), undefined, "the copy is gone");
  await page.end();
});

test("what is written and not saved is named on the other screens, and is there again after a look elsewhere", async () => {
  const page = await open("/alerts/rules/new");
  const elsewhere = async (name) => {
    await page.locator("nav a", { hasText: name }).click();
    return page.locator(".rail [data-unsaved]");
  };
  await page.getByLabel("Group", { exact: true }).fill("later");
  await page.getByLabel("Alert name").fill("Later");
  await page.locator(".rule-card .cm-content").fill("up < 1");
  const left = await elsewhere("System");
  equal(await left.textContent(), " Not saved: later", "what the rail says");
  await left.click();
  await page.waitForURL("**/alerts/rules/new");
  equal([await page.getByLabel("Alert name").inputValue(), await page.locator(".rule-card .cm-content").textContent(), await left.count()], ["Later", "up < 1", 0], "what was written");
  const asked = await page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  equal(asked, true, "the browser asks before it goes");
  await page.getByRole("button", { name: "Discard changes" }).click();
  await page.getByRole("button", { name: "Really discard them" }).click();
  await until(async () => (await page.getByLabel("Alert name").inputValue()) === "", "the form is empty again");
  equal(await (await elsewhere("System")).count(), 0, "what the rail says of nothing");

  // A dashboard: and who has saved it meanwhile is not overwritten.
  await page.goto(`${world.url}/dashboards/three?edit`);
  await page.getByRole("button", { name: "Add row" }).click();
  const board = await elsewhere("Alerts");
  equal(await board.textContent(), " Not saved: Board three", "what the rail says of a board");
  const { dashboard } = await json("/api/dashboards/uid/three");
  await post("/api/dashboards/db", { dashboard: { ...dashboard, tags: ["theirs"] } });
  await board.click();
  await page.waitForSelector(".board-row");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Someone else has saved this dashboard").waitFor();
  equal((await json("/api/dashboards/uid/three")).dashboard.tags, ["theirs"], "theirs stays");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.waitForSelector(".board-row", { state: "detached" });
  equal(await (await elsewhere("Alerts")).count(), 0, "nothing is left to save");

  // And one that somebody has deleted meanwhile is saved anew.
  await post("/api/dashboards/db", { dashboard: { uid: "gone", title: "Board gone", panels: [] } });
  await page.goto(`${world.url}/dashboards/gone?edit`);
  await page.getByRole("button", { name: "Add row" }).click();
  const gone = await elsewhere("Alerts");
  await fetch(`${world.url}/api/dashboards/uid/gone`, { method: "DELETE" });
  await gone.click();
  await page.getByText("This dashboard has been deleted").waitFor();
  await page.waitForSelector(".board-row");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("This dashboard has been deleted").waitFor({ state: "detached" });
  const again = await json("/api/dashboards/uid/gone");
  equal([again.dashboard.version, again.dashboard.panels.length], [1, 1], "what is stored again");
  equal(await (await elsewhere("Alerts")).count(), 0, "nothing is left to save of it");
  await page.end();
});

test("a panel becomes a rule with its variables as labels", async () => {
  await post("/api/dashboards/db", {
    overwrite: true,
    dashboard: {
      uid: "vars",
      title: "Variables",
      templating: { list: [{ type: "custom", name: "region", query: "eu-west,us-east", current: { value: "eu-west", text: "eu-west" } }] },
      panels: [{ id: 1, type: "timeseries", title: "Up there", gridPos: { x: 0, y: 0, w: 24, h: 8 }, targets: [{ refId: "A", expr: 'up{region!="not $region"}' }] }],
    },
  });
  const page = await open("/dashboards/vars");
  await page.waitForSelector("[data-panel='1'][data-loaded=true]");
  await until(async () => {
    // The menu's code comes with the first click.
    if ((await page.getByRole("menuitem", { name: "Alert on this" }).count()) === 0) await page.getByRole("button", { name: "Menu of Up there" }).click();
    return (await page.getByRole("menuitem", { name: "Alert on this" }).count()) === 1;
  }, "the panel's menu");
  await page.getByRole("menuitem", { name: "Alert on this" }).click();
  await page.getByRole("button", { name: "Save as a rule…" }).click();
  await page.waitForURL("**/alerts/rules/new");
  equal(await page.getByLabel("Alert name").inputValue(), "UpThere", "its name");
  equal(await page.getByLabel("Labels: region").inputValue(), "eu-west", "the variable");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL("**/alerts/rules/edit?namespace=ui&group=UpThere");
  holds(/region: eu-west/.test(await groupText("ui/UpThere")), "the stored rule");
  await page.end();
});

test("configurations side by side: in force, before, and on disk", async () => {
  const text = readFileSync(world.config, "utf8");
  const page = await open("/system/config");
  await page.waitForSelector(".load-list li");
  writeFileSync(world.config, text.replace("job_name: dwcp", "job_name: renamed"));
  await page.getByRole("button", { name: "In force against the files" }).click();
  await until(async () => /− .*job_name: dwcp/.test((await page.textContent(".diff").catch(() => "")) ?? ""), "what a reload would change");
  writeFileSync(world.config, `${text}nonsense: 1\n`);
  await until(async () => /A reload would fail.*nonsense/s.test(await page.textContent(".config-loads")), "why a reload would fail", 60);
  world.child.kill("SIGHUP");
  await until(async () => (await page.$$(".load-list li[data-ok=false]")).length === 1, "the failed load", 60);
  await look(page, "configurations");
  writeFileSync(world.config, text);
  world.child.kill("SIGHUP");
  await until(async () => (await page.$$(".load-list li")).length >= 3, "the next load", 60);
  await page.end();
});

test("a board keeps its places, its unsaved changes, its focus, and is saved anew when it is gone", async () => {
  const panels = ["P1", "P2"].map((title, i) => ({ id: i + 1, type: "stat", title, gridPos: { x: 0, y: i * 4, w: 12, h: 4 }, targets: [{ refId: "A", expr: "up" }] }));
  for (const title of ["Places", "Places!"]) await post("/api/dashboards/db", { overwrite: true, dashboard: { uid: "places", title, time: { from: "now-5m", to: "now" }, panels } });
  const page = await open("/dashboards/places?edit");
  const dialog = page.locator("[role=dialog]");
  const handle = page.getByLabel(/^Move P1/);
  await handle.waitFor();
  // The focus goes back to where it was, whatever dialog was open.
  for (const keys of [["Control+s"], ["d", "j"], ["Control+k"]]) {
    await handle.focus();
    for (const key of keys) await page.keyboard.press(key);
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await until(() => handle.evaluate((element) => element === document.activeElement), `the focus after ${keys.join(" ")}`);
  }
  // A new row and a panel of its JSON stand where they belong.
  await page.getByRole("button", { name: "Add row" }).click();
  await page.locator(".board-row").waitFor();
  await page.goto(`${world.url}/dashboards/places?edit&editPanel=2`);
  await page.getByRole("tab", { name: "JSON" }).click();
  const text = page.locator("textarea.input").last();
  const given = await text.inputValue();
  await text.fill("null");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("A panel is an object").waitFor();
  await text.fill(given);
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("A panel is an object").waitFor({ state: "detached" });
  // An earlier version does not take the place of what is not saved without a word.
  await page.goto(`${world.url}/dashboards/places?edit`);
  await handle.waitFor();
  await page.getByRole("button", { name: "Add row" }).click();
  await page.locator(".board-row").first().waitFor();
  await page.keyboard.press("d");
  await page.keyboard.press("h");
  await dialog.getByRole("button", { name: "Restore" }).first().click();
  await dialog.getByText("What you have not saved goes with it").waitFor();
  holds(await dialog.getByRole("button", { name: "Restore anyway" }).isVisible(), "it is asked for once more");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  // Deleted by somebody else meanwhile: said, and made anew by the same button.
  await json("/api/dashboards/uid/places", { method: "DELETE" });
  await page.keyboard.press("Control+s");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("has been deleted").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const { dashboard } = await json("/api/dashboards/uid/places");
  equal(dashboard.panels.map(({ title, type, gridPos }) => [title || type, gridPos.y]).sort(), [["P1", 0], ["P2", 4], ["row", 8]], "places");
  await page.end();
});

test("a click on one graph after another zooms into neither", async () => {
  const page = await open("/dashboards/one");
  const over = (id) => page.locator(`[data-panel='${id}'] .u-over`);
  for (const id of [1, 2]) await page.waitForSelector(`[data-panel='${id}'][data-loaded=true] .u-over`);
  await page.locator(".no-value").first().waitFor({ state: "detached" });
  const range = new URL(page.url()).searchParams.get("from");
  for (const id of [1, 2, 1]) {
    const { width, height } = await over(id).boundingBox();
    await over(id).click({ position: { x: width * 0.4, y: height * 0.5 } });
  }
  equal(new URL(page.url()).searchParams.get("from"), range, "the range");
  await page.end();
});

test("what is saved survives a restart", async () => {
  await world.halt();
  await world.start();
  holds(/for: 3m/.test(await groupText("ui/written")), "the rules");
  equal((await json("/api/playlists")).length, 1, "playlists");
  const page = await open("/alerts/rules/edit?namespace=ui&group=written");
  await until(async () => (await page.getByLabel("Alert name").inputValue()) === "Written", "the rule");
  await page.end();
});

test("on a read-only server each button that would change something is off and says why", async () => {
  await world.halt();
  await world.start(["--web.read-only"]);
  for (const [path, name] of [
    ["/dashboards", "New dashboard"],
    ["/dashboards", "Import"],
    ["/playlists", "New playlist"],
    ["/alerts/rules", "New rule"],
    ["/alerts/rules/edit?namespace=ui&group=written", "Save"],
    ["/alerts/rules/edit?namespace=ui&group=written", "Delete the group"],
  ]) {
    const page = await open(path);
    const button = page.getByRole("button", { name, exact: true });
    await until(() => button.isDisabled(), `${name} is off`);
    holds(/--web\.read-only/.test((await button.getAttribute("title")) ?? ""), `${name} says why`);
    holds(await page.isVisible(".chip.read-only"), "the bar says it");
    if (path === "/alerts/rules") await look(page, "read-only");
    await page.end();
  }
  equal((await fetch(`${world.url}/api/playlists`, { method: "POST", body: "{}" })).status, 403, "the server refuses too");
});

await main(startWorld, async (server, chromium) => {
  [world, browser] = [server, chromium];
  mkdirSync(SHOTS, { recursive: true });
  await addBoards();
  await runTests(browser);
});
