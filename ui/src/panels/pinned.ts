// What the pointer or the arrow keys are over in a chart, and a click or Enter that keeps it there, so that the links
// in its tip can be reached.
import { useEffect, useRef, useState } from "react";

export interface Pinned<T> {
  over: T | undefined;
  pinned: boolean;
  move: (next: T | undefined) => void;
  /** `links`: of what is under the pointer; without any there is nothing to keep. */
  click: (links: readonly unknown[]) => void;
  /** For the element that holds the chart and its tip: a stop of the Tab key. */
  host: (title: string, links: readonly unknown[], step: Step<T>) => HostProps;
}

/** Where an arrow key leads from there, one to the right or left, one up or down; at first from nowhere. */
export type Step<T> = (from: T | undefined, right: number, up: number) => T | undefined;

type HostProps = Pick<React.HTMLAttributes<HTMLDivElement>, "tabIndex" | "role" | "aria-label" | "onKeyDown" | "onBlur"> & { ref: React.Ref<HTMLDivElement> };

const ARROWS: Record<string, readonly [right: number, up: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** What a key says to the chart that has the focus; keys with others held are not its own. */
export function chartKey(event: React.KeyboardEvent): readonly [right: number, up: number] | "keep" | undefined {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
  return event.key === "Enter" ? "keep" : ARROWS[event.key];
}

/** Escape lets a tip go wherever the focus is; that of somebody in the tip, or nowhere, goes to its chart. Returns how to stop listening. */
export function onEscape(host: HTMLElement | null, letGo: () => void): () => void {
  const listen = (event: KeyboardEvent) => {
    // A dialog or menu above it is closed first.
    if (event.key !== "Escape" || document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
    event.stopPropagation();
    event.preventDefault();
    const back = document.activeElement === null || document.activeElement === document.body || host?.contains(document.activeElement);
    letGo();
    if (back) host?.focus({ preventScroll: true });
  };
  addEventListener("keydown", listen, true);
  return () => removeEventListener("keydown", listen, true);
}

export const focusLink = (host: HTMLElement | null) => host?.querySelector<HTMLElement>(".tip-links a")?.focus({ preventScroll: true });
export const isInside = (event: React.FocusEvent) => event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget);

export function usePinned<T>(): Pinned<T> {
  const [over, setOver] = useState<T | undefined>();
  const [pinned, setPinned] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const byKey = useRef(false);
  const letGo = () => {
    setPinned(false);
    setOver(undefined);
  };
  useEffect(() => {
    if (!pinned) return;
    if (byKey.current) focusLink(host.current);
    return onEscape(host.current, letGo);
  }, [pinned]);
  const keep = (links: readonly unknown[], key: boolean) => {
    if (over === undefined || links.length === 0) return;
    byKey.current = key;
    setPinned(true);
  };
  return {
    over,
    pinned,
    move: (next) => {
      if (!pinned && next !== over) setOver(next);
    },
    click: (links) => {
      if (pinned) letGo();
      else keep(links, false);
    },
    host: (title, links, step) => ({
      ref: host,
      tabIndex: 0,
      role: "group",
      "aria-label": title,
      onKeyDown: (event) => {
        const key = chartKey(event);
        if (key === "keep") {
          // The link that has the focus next must not take the same key for its own.
          event.preventDefault();
          if (pinned) focusLink(host.current);
          else keep(links, true);
        } else if (key !== undefined && !pinned) {
          event.preventDefault();
          setOver(step(over, ...key) ?? over);
        } else if (event.key === "Escape" && over !== undefined && !pinned) {
          event.stopPropagation();
          event.preventDefault();
          letGo();
        }
      },
      onBlur: (event) => {
        if (!pinned && !isInside(event)) setOver(undefined);
      },
    }),
  };
}

/** The next of `count` places, from the first or the last of them; undefined where there is none. */
export function nextPlace(from: number | undefined, by: number, count: number): number | undefined {
  if (count === 0) return undefined;
  return from === undefined || from < 0 ? (by < 0 ? count - 1 : 0) : Math.min(count - 1, Math.max(0, from + by));
}
