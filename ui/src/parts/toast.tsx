// One-line messages of what an action did.
import { useSyncExternalStore } from "react";
import { classes } from "./parts";

interface Toast {
  id: number;
  text: string;
  tone: "ok" | "critical" | "plain";
}
let toasts: readonly Toast[] = [];
let numbered = 0;
const watchers = new Set<() => void>();
function set(next: readonly Toast[]) {
  toasts = next;
  watchers.forEach((watcher) => watcher());
}

const SHOWN_MAX = 4;
export function toast(text: string, tone: Toast["tone"] = "plain"): void {
  const id = ++numbered;
  set([...toasts.slice(-(SHOWN_MAX - 1)), { id, text, tone }]);
  setTimeout(() => set(toasts.filter((one) => one.id !== id)), tone === "critical" ? 9000 : 4500);
}

export function Toasts() {
  const list = useSyncExternalStore(
    (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map(({ id, text, tone }) => (
        <div key={id} className={classes("toast", tone !== "plain" && tone)}>
          {text}
        </div>
      ))}
    </div>
  );
}
