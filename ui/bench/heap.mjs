// How much the page's heap grows while 29 panels are live: from minute 5 to 30 in the full form. What is counted is
// what survives a collection, each time as the least of a few readings, as a tick may be under way.
import { writeFileSync } from "node:fs";
import { metricsOf, openBoard } from "./board.mjs";
import { say } from "./report.mjs";

const READINGS = 5;
const MINUTE = 60_000;

/** Minutes [from, to]. PHAROS_HEAP_SNAPSHOTS names a folder for a heap snapshot at both ends. */
export async function heapGrowth(browser, demo, [from, to]) {
  const context = await browser.newContext();
  const page = await openBoard(context, demo.url);
  const opened = Date.now();
  const { heap, client } = await metricsOf(page);
  const folder = process.env.PHAROS_HEAP_SNAPSHOTS;
  const at = async (minutes) => {
    await page.waitForTimeout(Math.max(0, opened + minutes * MINUTE - Date.now()));
    let least = Infinity;
    for (let i = 0; i < READINGS; i++) {
      least = Math.min(least, await heap());
      await page.waitForTimeout(700);
    }
    if (folder) await snapshot(client, `${folder}/minute-${minutes}.heapsnapshot`);
    return least;
  };
  const series = [];
  const steps = 5;
  for (let i = 0; i <= steps; i++) series.push(await at(from + ((to - from) * i) / steps));
  const growth = series[steps] / series[0] - 1;
  say(`29 live panels: heap growth, minute ${from} to ${to}${to - from >= 25 ? "" : " (short form)"}`, `${(growth * 100).toFixed(1)} %`, { bar: "< 5 %", goal: "< 5 %" });
  say("  MB on the way", series.map((bytes) => (bytes / 1e6).toFixed(1)).join(" "));
  await context.close();
}

async function snapshot(client, path) {
  const parts = [];
  client.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => parts.push(chunk));
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  writeFileSync(path, parts.join(""));
  client.removeAllListeners("HeapProfiler.addHeapSnapshotChunk");
}
