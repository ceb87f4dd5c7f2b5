import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nextPlace, usePinned, type Step } from "./pinned";
import { TipLinks } from "./value_links";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("div");
  document.body.append(box);
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

// A chart of three points, of which the first has no links.
const step: Step<number> = (from, right, up) => nextPlace(from, right || up, 3);
function Chart() {
  const { over, pinned, host, click } = usePinned<number>();
  const links = over === undefined || over === 0 ? [] : [{ title: `to ${over}`, url: "/x", blank: false }];
  return (
    <div {...host("A chart", links, step)}>
      <svg onClick={() => click(links)} />
      {over !== undefined && <p>{`point ${over}`}</p>}
      {pinned && <TipLinks links={links} />}
    </div>
  );
}
const chart = () => box.querySelector<HTMLElement>("[role=group]")!;
const link = () => box.querySelector<HTMLElement>("a");
const tip = () => box.querySelector("p")?.textContent;
const press = (key: string, on: Element = document.activeElement ?? document.body) => act(() => on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));

describe("a chart by keyboard", () => {
  beforeEach(() => {
    act(() => root.render(<Chart />));
    act(() => chart().focus());
  });
  it("arrows lead from point to point, Escape from them", () => {
    press("ArrowRight");
    expect(tip()).toBe("point 0");
    press("ArrowRight");
    press("ArrowUp");
    press("ArrowRight");
    expect(tip()).toBe("point 2");
    press("Escape");
    expect(tip()).toBe(undefined);
    expect(document.activeElement).toBe(chart());
  });
  it("Enter keeps what has links and leads into them; Escape comes back", () => {
    press("ArrowRight");
    press("Enter");
    expect(link()).toBe(null);
    press("ArrowRight");
    press("Enter");
    expect(link()?.textContent).toBe("to 1");
    expect(document.activeElement).toBe(link());
    press("ArrowRight");
    expect(tip()).toBe("point 1");
    press("Escape");
    expect(tip()).toBe(undefined);
    expect(document.activeElement).toBe(chart());
  });
  it("Escape takes nobody from where he is, and closes a dialog first", () => {
    press("ArrowLeft");
    press("Enter");
    const field = document.createElement("input");
    document.body.append(field);
    act(() => field.focus());
    const dialog = document.createElement("div");
    dialog.setAttribute("role", "dialog");
    document.body.append(dialog);
    press("Escape");
    expect(tip()).toBe("point 2");
    dialog.remove();
    press("Escape");
    expect(tip()).toBe(undefined);
    expect(document.activeElement).toBe(field);
  });
  it("Enter that leads into a link is not the link's own", () => {
    press("ArrowLeft");
    const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
    act(() => chart().dispatchEvent(event));
    expect([document.activeElement === link(), event.defaultPrevented]).toEqual([true, true]);
  });
  it("leaves other keys to the page", () => {
    let heard = 0;
    const listen = () => void heard++;
    addEventListener("keydown", listen);
    press("ArrowRight");
    const event = new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true, cancelable: true });
    act(() => chart().dispatchEvent(event));
    removeEventListener("keydown", listen);
    expect([tip(), event.defaultPrevented, heard]).toEqual(["point 0", false, 2]);
  });
});
