// What 20 tabs of the phase-6 board at 1 Hz in one browser cost the server, above the same server with no page:
// processor time of its process, before, with and after.
import { readFileSync } from "node:fs";
import { openBoard } from "./board.mjs";
import { say } from "./report.mjs";

const TABS = 20;
const TICKS = 100; // of /proc/PID/stat, a second: Linux' USER_HZ
const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
async function share(pid, seconds) {
  const [cpu, time] = [cpuSeconds(pid), performance.now()];
  await wait(seconds);
  return ((cpuSeconds(pid) - cpu) / (performance.now() - time)) * 1000 * 100;
}

export async function tabs(browser, demo, seconds = 60) {
  const { pid } = demo.child;
  const before = await share(pid, seconds);
  const context = await browser.newContext();
  const pages = [];
  for (let i = 0; i < TABS; i++) pages.push(await openBoard(context, demo.url, { width: 1600, height: 4200 }));
  await wait(10);
  const busy = await share(pid, seconds);
  const streams = /^pharos_live_streams (\d+)/m.exec(await (await fetch(`${demo.url}/metrics`)).text())?.[1];
  await context.close();
  await wait(10);
  const after = await share(pid, seconds);
  say(`${TABS} tabs of the phase-6 board at 1 Hz: server above none, % of a core`, (busy - (before + after) / 2).toFixed(1), { bar: "< 10", goal: 5 });
  say("  with them; before; after", `${busy.toFixed(1)}; ${before.toFixed(1)}; ${after.toFixed(1)}`);
  say("  live streams on the server", streams, { bar: 1, goal: 1 });
}
