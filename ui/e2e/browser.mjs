// Debian's chromium, or the one CHROMIUM names; `undefined` where there is none.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export function chromiumPath() {
  return [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
}
export function launch() {
  return chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"] });
}
