// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { commandsOnPage } from "./on_page";

function page(html: string): HTMLElement {
  const root = document.createElement("main");
  root.innerHTML = html;
  document.body.replaceChildren(root);
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    if (!element.hasAttribute("data-unseen")) element.getClientRects = () => [{}] as unknown as DOMRectList;
    else element.getClientRects = () => [] as unknown as DOMRectList;
  }
  return root;
}

describe("what can be pressed on a page", () => {
  it("has a command under its name, once, unless it is off, out of sight or known already", () => {
    const root = page(`<button>Save  it</button><button aria-label="Menu of CPU">…</button><button disabled>Off</button><button data-unseen>Gone</button>
      <button>Known</button><button>Save it</button><a class="button" href="#x">Open</a><a href="#y">A link in a text</a><button role="tab">Rules</button><button></button><label><input type="checkbox"> Deployments</label>`);
    expect(commandsOnPage(root, "Here", new Set(["Known"])).map(({ name, group }) => `${group}: ${name}`)).toEqual(["Here: Save it", "Here: Menu of CPU", "Here: Open", "Here: Rules", "Here: Deployments"]);
  });
  it("presses it", () => {
    const root = page("<button>Go</button>");
    const pressed = vi.fn();
    root.querySelector("button")!.addEventListener("click", pressed);
    root.querySelector("button")!.scrollIntoView = () => {};
    commandsOnPage(root, "Here", new Set())[0]!.run();
    expect(pressed).toHaveBeenCalledOnce();
    expect(document.activeElement?.textContent).toBe("Go");
  });
});
