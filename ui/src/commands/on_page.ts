// What can be pressed on the page, found where it stands: so the palette has every action, also those that nobody has
// given a command of its own.
import type { Command } from "./commands";

const PRESSED = "button, a.button, [role=tab], summary, .table a[href], input[type=checkbox]";
const SHOWN_MAX = 200;

function nameOf(element: HTMLElement): string {
  const shown = element instanceof HTMLInputElement ? element.closest("label") : element;
  const text = element.getAttribute("aria-label") ?? shown?.innerText ?? "";
  return text.replace(/\s+/g, " ").trim();
}

/** Buttons, tabs and links of the screen, each name once: of equal ones in the rows of a list the first. */
export function commandsOnPage(root: ParentNode, group: string, known: ReadonlySet<string>): Command[] {
  const found = new Map<string, Command>();
  for (const element of root.querySelectorAll<HTMLElement>(PRESSED)) {
    if (found.size >= SHOWN_MAX) break;
    if (element.matches(":disabled, [aria-disabled=true]") || element.closest("[hidden], [inert]") !== null || element.getClientRects().length === 0) continue;
    const name = nameOf(element);
    if (name === "" || name.length > 120 || known.has(name) || found.has(name)) continue;
    found.set(name, {
      id: `page-${found.size}`,
      name,
      group,
      run: () => {
        element.scrollIntoView({ block: "nearest" });
        element.focus();
        element.click();
      },
    });
  }
  return [...found.values()];
}
