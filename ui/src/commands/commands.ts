// Everything that can be done, by name: the palette lists it, keys start it. A component offers its
// commands while it is mounted.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { bind } from "../keys/keys";

export interface Command {
  id: string;
  name: string;
  /** Heading in the palette and on the page of keys. */
  group: string;
  keys?: string;
  /** Further words it is found by. */
  words?: string;
  run: () => void;
}

let commands: readonly Command[] = [];
const watchers = new Set<() => void>();
function set(next: readonly Command[]) {
  commands = next;
  watchers.forEach((watcher) => watcher());
}

export function offer(list: readonly Command[]): () => void {
  set([...commands.filter((old) => !list.some(({ id }) => id === old.id)), ...list]);
  const unbind = list.filter(({ keys }) => keys).map(({ keys, run }) => bind({ keys: keys!, run }));
  return () => {
    unbind.forEach((stop) => stop());
    set(commands.filter((command) => !list.includes(command)));
  };
}

/** Offers commands while the component is mounted; their names and keys say when they have changed. */
export function useCommands(list: readonly Command[]): void {
  const latest = useRef(list);
  latest.current = list;
  const signature = list.map(({ id, name, keys }) => `${id}\u0001${name}\u0001${keys ?? ""}`).join("\u0002");
  useEffect(
    () => offer(latest.current.map((command) => ({ ...command, run: () => latest.current.find(({ id }) => id === command.id)?.run() }))),
    [signature],
  );
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    () => commands,
  );
}

/** Letters of the query in order; runs and starts of words count more. 0: no match. */
export function score(text: string, query: string): number {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const inside = text.toLowerCase();
  if (wanted === "") return 1;
  const whole = inside.indexOf(query.toLowerCase().trim());
  if (whole >= 0) return 1000 - Math.min(whole, 500) + (whole === 0 || inside[whole - 1] === " " ? 300 : 0);
  let total = 0;
  let at = 0;
  let run = 0;
  for (const letter of wanted) {
    const found = inside.indexOf(letter, at);
    if (found < 0) return 0;
    run = found === at ? run + 1 : 0;
    total += 1 + run * 2 + (found === 0 || /[\s_\-·:/]/.test(inside[found - 1]!) ? 4 : 0);
    at = found + 1;
  }
  return total;
}
