import { afterEach, beforeEach, expect, it } from "vitest";
import { setPreference } from "../../preferences";
import { fidelityOf } from "./fidelity";
import { importBoard, importBoardText } from "./import_board";
import { noteText } from "./note_messages";

beforeEach(() => setPreference("language", "de"));
afterEach(() => setPreference("language", "en"));

it("what an import did and what is shown differently is said in the reader's language, that of when it is shown", () => {
  const out = importBoard({
    title: "A",
    templating: { list: [{ name: "v", type: "query", datasource: { type: "loki", uid: "l" }, hide: "x{1}" }, 7] },
    panels: [
      { type: "singlestat", title: "S{n}", prefix: "~", postfix: "!", format: "bytes", editable: true, targets: [7, 8] },
      { type: "acme", title: "", transformations: [{ id: "spatial", options: {} }] },
    ],
  });
  if ("error" in out) throw new Error(out.error);
  const report = fidelityOf(out.board, out.changes);
  const said = () => [...report.board, ...report.panels.flatMap(({ notes }) => notes)].map(noteText);
  expect(said()).toEqual([
    "Feld „S{n}“: Abfragen: 2 Einträge, die keine sind, sind weggelassen",
    "Feld „S{n}“: „~“ und „!“ neben dem Wert sind weggelassen: er hat die Einheit bytes",
    "Feld „S{n}“: aus singlestat wurde stat",
    "Variablen: 1 Eintrag, der keiner ist, ist weggelassen",
    "Variable v: „hide“ war nicht zu lesen und ist weggelassen",
    "weggelassen, da es nichts mehr bedeutet: editable",
    "Variable v: fragt loki, was es hier nicht gibt",
    "die Art „acme“ ist nicht bekannt; seine Daten stehen in einer Tabelle",
    "die Umformung „spatial“ ist ausgelassen",
  ]);
  setPreference("language", "en");
  expect(said().slice(1, 3)).toEqual(['panel "S{n}": "~" and "!" beside the value are left out: it has the unit bytes', 'panel "S{n}": singlestat became stat']);
});

it("so is why a text is no board", () => {
  const said = ["{", "7", '{"a.json":{},"b.json":{}}'].map((text) => importBoardText(text)).map((out) => ("error" in out ? out.error : ""));
  expect(said[0]).toMatch(/^kein JSON: ./);
  expect(said.slice(1)).toEqual(["kein Dashboard: es sollte ein JSON-Objekt sein", "2 Dashboards in einer Datei (a.json, …): gib jedem eine eigene"]);
});
