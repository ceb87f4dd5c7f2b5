// Panels that are a few elements: React renders which there are, and what values say in them is written at each tick, past it.
// What is written here no component gives to React as well: it would think that still there which it had given last.
import { useLayoutEffect, useRef, type RefObject } from "react";
import { objectsOf } from "../dashboard/model/json";
import type { ShownValue } from "../dashboard/data/panel_frames";
import type { PanelData } from "../dashboard/data/panel_source";
import { newestOf, usePainted, usePicture } from "./painted";
import type { PanelViewProps } from "./panel_view";

export interface Writing<P> {
  make: (data: PanelData) => P;
  /** What `make` reads beside the data. */
  of: readonly unknown[];
  /** Whether the elements of one are those of the other: else React renders. */
  alike: (next: P, before: P) => boolean;
  write: (host: HTMLElement, picture: P) => void;
}

/** The picture to render elements for, and the place to write it into. */
export function useWritten<P>({ source, data, board }: Pick<PanelViewProps, "source" | "data" | "board">, { make, of, alike, write }: Writing<P>): { picture: P; newest: PanelData; host: RefObject<HTMLDivElement | null> } {
  const newest = newestOf(source, data);
  const shown = usePicture(() => make(newest), [newest, board.zone, ...of]); // values may be times
  const host = useRef<HTMLDivElement>(null);
  usePainted(source, newest, (tick) => {
    const next = make(tick);
    if (host.current === null || !alike(next, shown.current)) return false;
    shown.current = next;
    write(host.current, next);
    return true;
  });
  useLayoutEffect(() => {
    if (host.current !== null) write(host.current, shown.current);
  });
  return { picture: shown.current, newest, host };
}

/** Links say the value that they are of, so that React has to render them with it. */
export function isLinked({ field }: Pick<ShownValue, "field">): boolean {
  return objectsOf(field.config.links).length > 0;
}

export function writeText(element: Element | null | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Undefined: the element has none. */
export function writeAttribute(element: Element | null | undefined, name: string, value: string | number | undefined): void {
  if (!element) return;
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}
