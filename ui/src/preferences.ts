// Choices of this browser. Storage may be refused (private windows, policies): then they last as long as the page.
const memory = new Map<string, string>();
const watchers = new Set<() => void>();

export function preference(name: string): string | undefined {
  if (memory.has(name)) return memory.get(name);
  try {
    return localStorage.getItem(`pharos.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}
export function setPreference(name: string, value: string): void {
  memory.set(name, value);
  try {
    localStorage.setItem(`pharos.${name}`, value);
  } catch {
    // Kept in memory.
  }
  watchers.forEach((watcher) => watcher());
}
export function watchPreferences(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

export type Theme = "dark" | "light";
export function theme(): Theme {
  const chosen = preference("theme");
  if (chosen === "dark" || chosen === "light") return chosen;
  return typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}
export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}
/** On paper the page is light, whatever is chosen for the screen. */
export function printLight(): void {
  addEventListener("beforeprint", () => void (document.documentElement.dataset.theme = "light"));
  addEventListener("afterprint", applyTheme);
}
export function toggleTheme(): void {
  setPreference("theme", theme() === "dark" ? "light" : "dark");
  applyTheme();
}
