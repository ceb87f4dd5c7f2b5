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
const system = (query: string) => typeof matchMedia === "function" && matchMedia(query).matches;
let paper = false;
/** Colours that the system forces on all pages have a ground of their own: what is chosen here says nothing about it. */
export function theme(): Theme {
  if (paper) return "light";
  const chosen = preference("theme");
  if ((chosen === "dark" || chosen === "light") && !system("(forced-colors: active)")) return chosen;
  return system("(prefers-color-scheme: light)") ? "light" : "dark";
}
export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}
/** While the page goes to paper it is light, whatever is chosen for the screen, and what is out of sight is drawn too. */
export const onPaper = (): boolean => paper;
export function setPaper(printing: boolean): void {
  if (paper === printing) return;
  paper = printing;
  shadeAgain();
}
function shadeAgain(): void {
  applyTheme();
  watchers.forEach((watcher) => watcher());
}
/** `now`: renders at once. After `beforeprint` the page is laid out for paper without another frame. */
export function followSystem(now: (render: () => void) => void): void {
  for (const query of ["(prefers-color-scheme: light)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", shadeAgain);
  addEventListener("beforeprint", () => now(() => setPaper(true)));
  addEventListener("afterprint", () => setPaper(false));
}
export function toggleTheme(): void {
  setPreference("theme", theme() === "dark" ? "light" : "dark");
  applyTheme();
}
