import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bind, handle, keyText } from "./keys";
import { score } from "../commands/commands";

const stops: (() => void)[] = [];
const on = (keys: string) => {
  const run = vi.fn();
  stops.push(bind({ keys, run }));
  return run;
};
const press = (key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body, now = 0) => {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, ...more });
  Object.defineProperty(event, "target", { value: target });
  return handle(event, now);
};
beforeEach(() => void press("Escape", {}, document.body, 1e9));
afterEach(() => stops.splice(0).forEach((stop) => stop()));

it("sequences are one command, if the second key comes soon", () => {
  const run = on("g a");
  press("g", {}, document.body, 1000);
  press("a", {}, document.body, 1500);
  expect(run).toHaveBeenCalledTimes(1);
  press("g", {}, document.body, 2000);
  press("a", {}, document.body, 9000);
  expect(run).toHaveBeenCalledTimes(1);
});
it("typing in a field starts nothing but what has mod", () => {
  const plain = on("r");
  const palette = on("mod+k");
  const input = document.createElement("input");
  press("r", {}, input);
  press("k", { ctrlKey: true }, input);
  expect(plain).not.toHaveBeenCalled();
  expect(palette).toHaveBeenCalledTimes(1);
});
it("Escape leaves a field, and only then does what the screen has on it", () => {
  const close = on("escape");
  const input = document.createElement("input");
  document.body.append(input);
  input.focus();
  press("Escape", {}, input);
  expect([document.activeElement === input, close.mock.calls.length]).toEqual([false, 0]);
  press("Escape");
  expect(close).toHaveBeenCalledTimes(1);
  input.remove();
});
it("the newest binding of a key wins", () => {
  const old = on("x");
  const fresh = on("x");
  press("x");
  expect([old.mock.calls.length, fresh.mock.calls.length]).toEqual([0, 1]);
});
it("keys are written as they are bound", () => {
  const event = (key: string, more = {}) => keyText({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  expect(event("?", { shiftKey: true })).toBe("?");
  expect(event("ArrowLeft", { shiftKey: true })).toBe("shift+arrowleft");
  expect(event("K", { metaKey: true })).toBe("mod+k");
});
it("the palette finds by letters in order and likes starts of words", () => {
  expect(score("Go to Alerts", "alerts")).toBeGreaterThan(score("Go to Alerts", "gta"));
  expect(score("Go to Alerts", "gta")).toBeGreaterThan(0);
  expect(score("Go to Alerts", "xyz")).toBe(0);
});
