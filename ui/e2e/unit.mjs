// Types and Vitest, with a last line that tools/run_tests.py can count.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const UI = join(dirname(fileURLToPath(import.meta.url)), "..");
if (!existsSync(join(UI, "node_modules", "vitest"))) {
  console.log("ui/node_modules is not there: npm ci in ui/ first");
  process.exit(77);
}
const run = (script, ...more) => spawnSync(process.execPath, [join(UI, "node_modules", script), ...more], { cwd: UI, encoding: "utf8", maxBuffer: 64 << 20 });

const types = run("typescript/bin/tsc", "--noEmit");
if (types.status !== 0) console.log(types.stdout + types.stderr);
const units = run("vitest/vitest.mjs", "run", "--reporter=json");
let report;
try {
  report = JSON.parse(units.stdout.slice(units.stdout.indexOf("{")));
} catch {
  console.log(units.stdout.slice(-4000), units.stderr.slice(-4000));
  report = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, testResults: [] };
}
for (const file of report.testResults)
  for (const one of file.assertionResults.filter(({ status }) => status === "failed")) console.log(`${file.name}: ${one.fullName}\n${one.failureMessages.join("\n").slice(0, 1500)}`);
// A file that does not load counts as one failure.
const broken = report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0);
broken.forEach(({ name, message }) => console.log(`${name}: ${message}`));
const failed = report.numFailedTests + broken.length + (types.status !== 0 ? 1 : 0);
console.log(`${report.numPassedTests + (types.status === 0 ? 1 : 0)} passed, ${failed} failed, ${report.numPendingTests} skipped`);
process.exit(failed ? 1 : 0);
