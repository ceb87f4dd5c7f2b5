// 20 graphs of 5 series with 100,000 points each, all values replaced at once.
import { createServer } from "node:http";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { median, say } from "./report.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(join(folder, decodeURIComponent(new URL(request.url, "http://x").pathname)));
    if (!path.startsWith(folder) || !existsSync(path)) return response.writeHead(404).end();
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(readFileSync(path));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

export async function redraw(browser) {
  const out = mkdtempSync(join(tmpdir(), "pharos-bench-"));
  await build({ root: HERE, configFile: false, logLevel: "error", base: "./", build: { outDir: out, emptyOutDir: true, target: "es2022", rollupOptions: { input: join(HERE, "redraw.html") } } });
  const server = await serve(out);
  const page = await browser.newPage({ viewport: { width: 1640, height: 1000 } });
  await page.goto(`http://127.0.0.1:${server.address().port}/redraw.html`);
  const took = await page.evaluate(() => globalThis.result);
  await page.close();
  server.close();
  rmSync(out, { recursive: true, force: true });
  say("20 panels x 5 series x 100,000 points: redraw, ms", median(took).toFixed(0), { bar: 200, goal: 150 });
}
