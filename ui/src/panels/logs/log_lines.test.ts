import { beforeEach, expect, it } from "vitest";
import { renderToStaticMarkup } from "react-dom/server";
import { createElement } from "react";
import { Mark, markElement, type Tone } from "../../parts/icons";
import type { Transition } from "../alert_feed";
import { LogLines, type LinesLook } from "./log_lines";

const line = (at: number, name: string, more: Partial<Transition> = {}): Transition => ({ at, kind: "firing", fingerprint: name, labels: { alertname: name, severity: "critical" }, annotations: { summary: `<b>${name}</b>` }, ...more });
const look: LinesLook = { zone: "UTC", wrap: false, word: (kind) => kind.toUpperCase() };
let host: HTMLElement;
let lines: LogLines;
beforeEach(() => {
  host = document.createElement("div");
  document.body.replaceChildren(host);
  lines = new LogLines(host);
});
const said = () => [...host.children].map((child) => child.querySelector("button")!.textContent);
const buttonOf = (name: string) => [...host.querySelectorAll("button")].find((button) => button.textContent!.includes(name))!;

it("says when, how grave, what and why of each change, as text", () => {
  lines.write([line(0, "Down"), line(60, "Up", { kind: "resolved" })], look);
  expect(said()).toEqual(["1970-01-01 00:00:00  FIRING Down <b>Down</b>", "1970-01-01 00:01:00  RESOLVED Up <b>Up</b>"]);
  expect([...host.querySelectorAll("svg")].map((mark) => mark.getAttribute("class"))).toEqual(["mark critical", "mark ok"]);
});

it("says where of each, so that alerts of one rule are told apart", () => {
  const at = (labels: Record<string, string>) => line(0, "Lossy", { fingerprint: JSON.stringify(labels), labels: { alertname: "Lossy", severity: "warning", job: "dwcp", version: "v3", ...labels }, annotations: { summary: "Packets are lost" } });
  lines.write([at({ source: "eu-west", destination: "us-east", region: "eu-west", instance: "h:1" }), at({ instance: "h:2" }), at({})], look);
  expect(said().map((text) => text!.slice(21))).toEqual(["FIRING Lossy eu-west us-east Packets are lost", "FIRING Lossy h:2 Packets are lost", "FIRING Lossy Packets are lost"]);
});

it("keeps lines that are there, the one with the focus too, whatever comes before, between and behind them", () => {
  lines.write([line(3, "C"), line(1, "A")], look);
  const [c, a] = [...host.children];
  buttonOf("A").focus();
  lines.write([line(4, "D"), line(3, "C"), line(2, "B"), line(1, "A"), line(0, "Z")], look);
  expect(said().map((text) => text!.split(" ").at(-2))).toEqual(["D", "C", "B", "A", "Z"]);
  expect([host.children[1], host.children[3], document.activeElement]).toEqual([c, a, buttonOf("A")]);
  lines.write([line(2, "B"), line(1, "A"), line(1, "A")], look);
  expect([said().length, host.children[1] === a]).toEqual([2, true]);
});

it("opens and closes a line by itself, and keeps it open in another zone, until it has gone", () => {
  const all = [line(2, "B"), line(1, "A", { labels: { alertname: "A", node: "n1" } })];
  lines.write(all, look);
  buttonOf("A").click();
  const open = () => [...host.querySelectorAll("dl")].map((list) => list.textContent);
  expect([open(), buttonOf("A").getAttribute("aria-expanded"), buttonOf("B").getAttribute("aria-expanded")]).toEqual([["alertnameAnoden1summary<b>A</b>"], "true", "false"]);
  lines.write(all, { ...look, zone: "Asia/Tokyo", wrap: true });
  expect([open().length, said()[0]!.slice(0, 19), host.firstElementChild!.className]).toEqual([1, "1970-01-01 09:00:02", "log-line wrap"]);
  lines.write([all[0]!], look);
  lines.write(all, look);
  expect(open()).toEqual([]);
  buttonOf("A").click();
  buttonOf("A").click();
  expect([open(), buttonOf("A").getAttribute("aria-expanded")]).toEqual([[], "false"]);
});

it("has the same marks as what is rendered", () => {
  for (const tone of ["ok", "warning", "critical", "info", "unknown"] as Tone[]) {
    const rendered = document.createElement("div");
    rendered.innerHTML = renderToStaticMarkup(createElement(Mark, { tone }));
    expect(rendered.firstElementChild!.isEqualNode(markElement(tone))).toBe(true);
  }
});
