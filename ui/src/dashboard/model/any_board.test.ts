// @vitest-environment node
// Boards nobody has seen: whatever a seed brings is read without an exception, nothing of it is lost in silence, writing it
// again changes nothing, and what is written keeps to Grafana's types. PHAROS_BOARD_SEEDS=N tries more of them.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import { beforeAll, describe, expect, it } from "vitest";
import { preparedFrames, shownValues } from "../data/panel_frames";
import { bucketsPanel } from "../../panels/test_panels";
import { allPanels, type Board } from "./board";
import { exportBoard, exportBoardText } from "./export_board";
import { fidelityOf } from "./fidelity";
import { importBoard } from "./import_board";
import type { JsonObject } from "./json";
import { overlaps } from "./layout";
import type { Note } from "./note";
import { noteText } from "./note_messages";
import { PANEL_TYPES } from "./panel_types";
import { anyBoard } from "./test_boards";

const SEEDS = Number(process.env.PHAROS_BOARD_SEEDS ?? 60);
const FIRST = Number(process.env.PHAROS_BOARD_FIRST ?? 1);
const ui = join(dirname(fileURLToPath(import.meta.url)), "../../..");
let judge: { board: ValidateFunction; panel: ValidateFunction; row: ValidateFunction };

interface Node {
  properties: Record<string, { items: { anyOf: Node[] } }>;
}

beforeAll(() => {
  const schema = createGenerator({ path: join(ui, "node_modules/@grafana/schema/dist/types/index.d.ts"), type: "Dashboard", tsconfig: join(ui, "tsconfig.json"), skipTypeCheck: true, expose: "none" }).createSchema("Dashboard");
  const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true });
  // Panels are judged one by one as the kind that they say they are: of a list, one would hear only that it is neither.
  const [panel, row] = (schema.definitions!.Dashboard as unknown as Node).properties.panels!.items.anyOf;
  judge = { board: ajv.compile(schema), panel: ajv.compile(panel!), row: ajv.compile(row!) };
}, 180_000);

function read(json: unknown): { board: Board; changes: Note[] } {
  const out = importBoard(json);
  if ("error" in out) throw new Error(out.error);
  return out;
}

// What Grafana writes itself though its types do not say so, and what a board brought that nobody knows.
const BESIDE_THE_TYPES = new Set(["alert", "auto", "auto_count", "auto_min", "filters", "baseFilters", "defaultValue", "enabledValue", "disabledValue", "titleFormat", "textFormat", "tagKeys", "useValueForTime", "__systemRef", "editMode", "fieldMinMax", "actions"]);

function schemaErrors(board: JsonObject): string[] {
  const errors: string[] = [];
  const hold = (validate: ValidateFunction, json: JsonObject, where: string) => {
    if (validate(json)) return;
    for (const error of validate.errors ?? []) if (error.keyword !== "anyOf" && !beside(error, json)) errors.push(`${where}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  };
  const panels = (list: unknown, where: string): void =>
    (list as JsonObject[]).forEach((panel, i) => {
      const row = panel.type === "row";
      hold(row ? judge.row : judge.panel, row ? { ...panel, panels: [] } : panel, `${where}/${i} (${String(panel.type)})`);
      if (row) panels(panel.panels, `${where}/${i}/panels`);
    });
  hold(judge.board, { ...board, panels: [] }, "");
  panels(board.panels, "/panels");
  return errors;
}

function beside({ keyword, instancePath, params }: ErrorObject, json: JsonObject): boolean {
  const key = String((params as { additionalProperty?: string }).additionalProperty ?? "");
  if (keyword === "additionalProperties")
    return key.startsWith("x-") || BESIDE_THE_TYPES.has(key) || /^\/annotations\/list\/\d+\/target$/.test(instancePath) || (instancePath === "" && typeof json.type === "string" && !PANEL_TYPES.has(json.type)); // a panel from elsewhere keeps what it likes
  const kind = /^\/templating\/list\/(\d+)\/type$/.exec(instancePath);
  return kind !== null && ["switch", "enigma"].includes(String((json.templating as { list: JsonObject[] }).list[Number(kind[1])]?.type));
}

const data = bucketsPanel.dataOf([{ metric: { instance: "a", __proto__x: "b" }, values: [1, NaN, 3] }, { metric: { instance: "<b>" }, values: [4, 5, Infinity] }]);

describe("any board", () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))("seed %i", (seed) => {
    const { json, kept, strange } = anyBoard(seed);
    const given = JSON.stringify(json);
    const { board, changes } = read(json);
    expect(JSON.stringify(json)).toBe(given); // importing leaves the given board alone
    expect(new Set(allPanels(board).map(({ id }) => id)).size).toBe(allPanels(board).length);
    expect(board.panels.flatMap((a, i) => board.panels.slice(i + 1).filter((b) => overlaps(a.gridPos, b.gridPos)).map((b) => [a.id, b.id]))).toEqual([]);

    const once = exportBoardText(board);
    const second = read(JSON.parse(once));
    expect(exportBoardText(second.board)).toBe(once);
    expect(exportBoardText(read(JSON.parse(exportBoardText(second.board))).board)).toBe(once);

    const report = fidelityOf(board, changes);
    const said = [...report.board, ...report.panels.flatMap((panel) => panel.notes)].map(noteText).join("\n");
    const texts = new Set<string>();
    const collect = (value: unknown): void => {
      if (typeof value === "string") texts.add(value);
      else if (Array.isArray(value)) value.forEach(collect);
      else if (typeof value === "object" && value !== null) for (const [key, item] of Object.entries(value)) (texts.add(key), collect(item));
    };
    collect(JSON.parse(once));
    const all = [...texts].join("\n");
    // A mark that the board never got (a wrong type took its place) cannot be lost.
    const present = JSON.stringify(json);
    const inGiven = (text: string) => present.includes(JSON.stringify(text).slice(1, -1));
    expect(kept.filter((text) => inGiven(text) && !all.includes(text) && !said.includes(text))).toEqual([]);
    for (const kind of strange) if (present.includes(JSON.stringify(kind).slice(1, -1))) expect(said).toContain(kind);

    expect(schemaErrors(exportBoard(board)).slice(0, 5)).toEqual([]);

    for (const panel of allPanels(board)) {
      const prepared = preparedFrames(panel, data);
      shownValues(panel, prepared.frames);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }, 60_000);
});
