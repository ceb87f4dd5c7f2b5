// What people have written and not saved. It outlives its screen: who looks something up elsewhere finds it again when they
// come back. The rail names what waits on other screens, and the browser asks before all of it goes with the page.
import { useEffect, useSyncExternalStore } from "react";

export interface Waiting {
  name: string;
  /** Where it is written, below the base path. */
  address: string;
}
interface Entry extends Waiting {
  value: unknown;
  open: boolean; // its screen is the one that is shown
}

const entries = new Map<string, Entry>();
let waiting: readonly Waiting[] = [];
const watchers = new Set<() => void>();
const ask = (event: BeforeUnloadEvent) => event.preventDefault();

function changed() {
  const next = [...entries.values()].filter(({ open }) => !open).map(({ name, address }): Waiting => ({ name, address }));
  if (entries.size > 0) addEventListener("beforeunload", ask);
  else removeEventListener("beforeunload", ask);
  if (JSON.stringify(next) === JSON.stringify(waiting)) return;
  waiting = next;
  watchers.forEach((watcher) => watcher());
}

/** What was left under this key. */
export function unsaved<T>(key: string): T | undefined {
  return entries.get(key)?.value as T | undefined;
}

/** Saved, or given up. Also for what leaves its screen by being saved, and so does not see it to the end. */
export function forgetUnsaved(key: string): void {
  if (entries.delete(key)) changed();
}

/** Keeps `value` while it is not undefined, which says that nothing is left to save. */
export function useUnsaved(key: string, value: unknown, { name, address }: Waiting): void {
  useEffect(() => {
    if (value === undefined) return forgetUnsaved(key);
    entries.set(key, { name, address, value, open: true });
    changed();
  }, [key, value, name, address]);
  useEffect(
    () => () => {
      const left = entries.get(key);
      if (left === undefined) return;
      left.open = false;
      changed();
    },
    [key],
  );
}

/** What waits on screens that are not shown. */
export function useWaiting(): readonly Waiting[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => waiting,
  );
}
