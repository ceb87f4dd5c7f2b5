// Keys. Commands name theirs as "mod+k", "?", "g n"; one listener for the page matches them. Typing in a
// field is left alone, except for combinations with mod.
export interface Binding {
  keys: string;
  run: () => void;
}

const SEQUENCE_MS = 1200;
const bindings = new Set<Binding>();
let pending = "";
let pendingAt = 0;

export function bind(binding: Binding): () => void {
  bindings.add(binding);
  return () => void bindings.delete(binding);
}

/** How an event is written: "mod+k", "shift+arrowleft", "g". */
export function keyText(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const letter = key.length === 1;
  return `${event.ctrlKey || event.metaKey ? "mod+" : ""}${event.altKey ? "alt+" : ""}${event.shiftKey && !letter ? "shift+" : ""}${event.shiftKey && letter && /[a-z]/.test(key) ? `shift+${key}` : key}`;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT" || (target.tagName === "INPUT" && !/^(checkbox|radio|button)$/.test((target as HTMLInputElement).type)))
  );
}

/** Exported for the tests; the shell installs it once. */
export function handle(event: KeyboardEvent, now = Date.now()): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  const text = keyText(event);
  const plain = !text.startsWith("mod+");
  // An open dialog or menu has the keys for itself.
  if (plain && document.querySelector('[role="dialog"], [role="menu"]')) return false;
  if (plain && isTyping(event.target)) {
    // The way back from a field to the keys of the screen.
    if (text === "escape") (event.target as HTMLElement).blur();
    return false;
  }
  const sequence = pending && now - pendingAt < SEQUENCE_MS ? `${pending} ${text}` : text;
  // The newest wins: what a screen binds stands before what the shell has.
  const list = [...bindings].reverse();
  const found = list.find(({ keys }) => keys === sequence) ?? list.find(({ keys }) => keys === text);
  if (found) {
    pending = "";
    event.preventDefault();
    found.run();
    return true;
  }
  const begins = list.some(({ keys }) => keys.startsWith(`${text} `));
  pending = begins ? text : "";
  pendingAt = now;
  return false;
}

/** As shown: "⌘K" has no place on other machines. */
export function keyLabels(keys: string): string[] {
  const mac = typeof navigator !== "undefined" && /Mac|iP(hone|ad)/.test(navigator.platform ?? "");
  return keys.split(" ").map((one) =>
    one
      .replace("mod+", mac ? "⌘" : "Ctrl+")
      .replace("shift+", mac ? "⇧" : "Shift+")
      .replace("arrowleft", "←")
      .replace("arrowright", "→")
      .replace("arrowup", "↑")
      .replace("arrowdown", "↓")
      .replace("escape", "Esc")
      .replace("enter", "Enter")
      .replace("space", "Space")
      .replace(/^([a-z])$/, (letter) => letter)
      .replace(/\+([a-z])$/, (_, letter: string) => `+${letter.toUpperCase()}`),
  );
}
