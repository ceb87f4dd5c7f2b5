// `pharos demo` as `./pharos.sh run` starts it, on ports and in a folder of its own: three regions, six hours of
// history, the pack's rules and boards.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BUILD, freePort } from "./world.mjs";

const LINES_KEPT = 40;

/** Resolves when the server has printed its address; `printed` is that moment (`performance.now()`), `fleet` the address
 *  of the simulated fleet. */
export async function startDemo(flags = []) {
  const folder = mkdtempSync(join(tmpdir(), "pharos-demo-"));
  const port = await freePort();
  const began = performance.now();
  const child = spawn(join(BUILD, "pharos"), ["demo", "--storage.path", folder, "--web.listen-address", `127.0.0.1:${port}`, "--fleet.listen-address", "127.0.0.1:0", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const said = [];
  const keep = (line) => {
    said.push(line);
    if (said.length > LINES_KEPT) said.shift();
  };
  createInterface({ input: child.stderr }).on("line", keep);
  const printed = await new Promise((done, failed) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      keep(line);
      const found = /^Pharos: http:\S+ +fleet: (http:\S+)/.exec(line);
      if (found) done({ at: performance.now(), fleet: found[1] });
    });
    void ended.then(() => failed(new Error(`the demo ended:\n${said.join("\n")}`)));
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  const url = `http://127.0.0.1:${port}`;
  /** `data` of an answer of /api/v1; an error is thrown with the server's words. */
  const api = async (path, parameters = {}) => {
    const answer = await (await fetch(`${url}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(parameters) })).json();
    if (answer.status !== "success") throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  };
  return { url, child, stop, fleet: printed.fleet, printed: printed.at, startSeconds: (printed.at - began) / 1000, api };
}
