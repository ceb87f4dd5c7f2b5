// Every board of the repository: it can be read, nothing is lost, writing it again changes nothing, and what is
// written keeps to Grafana's own types.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { exportBoard, exportBoardText } from "./export_board";
import { fidelityOf } from "./fidelity";
import { importBoard } from "./import_board";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const folders = ["packs/dwcp/dashboards", "tests/boards/coverage", "tests/boards/coverage/import"];
const files = folders.flatMap((folder) => {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".json")).map((name) => join(folder, name)) : [];
});
const schemaFile = join(root, "tests/boards/schema.json");

describe("boards of the repository", () => {
  it("are there", () => expect(files.length).toBeGreaterThan(16));
  const validate = existsSync(schemaFile) ? new Ajv({ strict: false, allowUnionTypes: true, allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, "utf8"))) : undefined;
  it.each(files)("%s", (file) => {
    const json: unknown = JSON.parse(readFileSync(join(root, file), "utf8"));
    const first = importBoard(json);
    if ("error" in first) {
      expect(first.error).toMatch(/schema v2|not a dashboard/);
      expect(file).toMatch(/import\//);
      return;
    }
    const once = exportBoardText(first.board);
    const second = importBoard(JSON.parse(once));
    if ("error" in second) throw new Error(second.error);
    expect(exportBoardText(second.board)).toBe(once);
    if (!file.includes("/import/")) {
      // News need an outside host, and say so.
      const lost = fidelityOf(first.board).panels.filter((p) => p.grade === "none" && p.type !== "news");
      expect(lost).toEqual([]);
      if (validate !== undefined) {
        validate(exportBoard(first.board));
        expect((validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`).slice(0, 5)).toEqual([]);
      }
    }
  });
});
