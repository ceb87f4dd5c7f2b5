// How much the page's heap grows while 29 panels are live: from minute 5 to 30 in the full form. What is counted is
// what survives a collection, each time as the least of a few readings, as a tick may be under way. Snapshots at both
// ends tell the page's own data from the code that V8 goes on compiling for a quarter of an hour.
import { writeFileSync } from "node:fs";
import { metricsOf, openBoard } from "./board.mjs";
import { say } from "./report.mjs";

const READINGS = 5;
const MINUTE = 60_000;
const CODE = new Set(["code", "object shape"]);

/** Minutes [from, to]. PHAROS_HEAP_SNAPSHOTS names a folder for the snapshots. */
export async function heapGrowth(browser, demo, [from, to]) {
  const context = await browser.newContext();
  const page = await openBoard(context, demo.url);
  const opened = Date.now();
  const { heap, client } = await metricsOf(page);
  const at = async (minutes) => {
    await page.waitForTimeout(Math.max(0, opened + minutes * MINUTE - Date.now()));
    let least = Infinity;
    for (let i = 0; i < READINGS; i++) {
      least = Math.min(least, await heap());
      await page.waitForTimeout(700);
    }
    return least;
  };
  const steps = 5;
  const series = [await at(from)];
  const before = await parts(client, from);
  for (let i = 1; i <= steps; i++) series.push(await at(from + ((to - from) * i) / steps));
  const after = await parts(client, to);
  const growth = (a, b) => `${((b / a - 1) * 100).toFixed(1)} %`;
  const form = to - from >= 25 ? "" : " (short form)";
  say(`29 live panels: heap growth, minute ${from} to ${to}${form}`, growth(series[0], series[steps]), { bar: "< 5 %", goal: "< 5 %" });
  say("  of it the page's own data", growth(before.data, after.data));
  say("  of it code compiled by V8", growth(before.code, after.code));
  say("  MB on the way", series.map((bytes) => (bytes / 1e6).toFixed(1)).join(" "));
  await context.close();
}

/** Bytes of a snapshot: what scripts hold, and code; what the browser itself holds is in neither. */
async function parts(client, minutes) {
  const chunks = [];
  client.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  client.removeAllListeners("HeapProfiler.addHeapSnapshotChunk");
  const text = chunks.join("");
  if (process.env.PHAROS_HEAP_SNAPSHOTS) writeFileSync(`${process.env.PHAROS_HEAP_SNAPSHOTS}/minute-${minutes}.heapsnapshot`, text);
  const { snapshot, nodes, strings } = JSON.parse(text);
  const fields = snapshot.meta.node_fields;
  const types = snapshot.meta.node_types[0];
  const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
  const out = { data: 0, code: 0 };
  for (let i = 0; i < nodes.length; i += fields.length) {
    const kind = types[nodes[i + type]];
    if (CODE.has(kind)) out.code += nodes[i + size];
    else if (kind !== "native" || strings[nodes[i + name]].startsWith("system")) out.data += nodes[i + size];
  }
  return out;
}
