// Changes to a board that are not saved yet, and the way back through them.
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Board } from "../../dashboard/model/board";
import { forgetUnsaved, unsaved, useUnsaved } from "../../parts/unsaved";

const STEPS_MAX = 100;
const TOGETHER_MS = 700; // keys of one word are one step

/** A changed board, and the stored version that it was made from: what is saved over a later one is told so. */
export interface Change {
  board: Board;
  version: number;
}

export interface Steps {
  past: readonly (Change | undefined)[]; // undefined: the board as it is stored
  now: Change | undefined;
  future: readonly (Change | undefined)[];
  at: number; // when the last change came, in milliseconds
}

export const NO_STEPS: Steps = { past: [], now: undefined, future: [], at: -Infinity };

export function stepped({ past, now, at }: Steps, next: Change, time: number): Steps {
  const together = now !== undefined && time - at < TOGETHER_MS && past.length > 0;
  return { past: together ? past : [...past, now].slice(-STEPS_MAX), now: next, future: [], at: time };
}

export function undone({ past, now, future }: Steps): Steps {
  return past.length === 0 ? { past, now, future, at: -Infinity } : { past: past.slice(0, -1), now: past[past.length - 1], future: [...future, now], at: -Infinity };
}

export function redone({ past, now, future }: Steps): Steps {
  return future.length === 0 ? { past, now, future, at: -Infinity } : { past: [...past, now], now: future[future.length - 1], future: future.slice(0, -1), at: -Infinity };
}

export interface Draft {
  draft: Board | undefined;
  /** The version that is told when it is saved. */
  version: number;
  change: (make: (old: Board | undefined) => Board) => void;
  undo: (() => void) | undefined; // undefined: there is nothing to undo
  redo: (() => void) | undefined;
  /** Back to the stored board; it can be undone. */
  discard: () => void;
  /** The draft has been saved, or given up for what somebody else has saved. */
  clear: () => void;
}

const keyOf = (uid: string) => `board ${uid}`;

/** The change of this board that waits to be saved or given up. */
export function leftDraft(uid: string): Change | undefined {
  return unsaved(keyOf(uid));
}

/** Of the board as it is stored; a draft that was left comes back with it. */
export function useDraft(stored: Board): Draft {
  const key = keyOf(stored.uid);
  const [steps, setSteps] = useState(() => {
    const left = leftDraft(stored.uid);
    return left === undefined ? NO_STEPS : stepped(NO_STEPS, left, -Infinity);
  });
  const draft = steps.now?.board;
  const version = steps.now?.version ?? stored.version;
  const name = draft?.title || stored.title;
  useUnsaved(key, steps.now, { name, address: `/dashboards/${stored.uid === "" ? "new" : encodeURIComponent(stored.uid)}?edit` });
  const change = useCallback(
    (make: (old: Board | undefined) => Board) => setSteps((old) => stepped(old, { board: make(old.now?.board), version: old.now?.version ?? stored.version }, performance.now())),
    [stored.version],
  );
  const undo = useCallback(() => setSteps(undone), []);
  const redo = useCallback(() => setSteps(redone), []);
  const clear = useCallback(() => {
    forgetUnsaved(key);
    setSteps(NO_STEPS);
  }, [key]);
  const discard = useCallback(() => setSteps(({ past, now }) => ({ past: [...past, now].slice(-STEPS_MAX), now: undefined, future: [], at: -Infinity })), []);
  const [canUndo, canRedo] = [steps.past.length > 0, steps.future.length > 0];
  // Fields and the query editor undo their own text.
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"]') !== null) return; // it has the keys for itself
      const key = event.key.toLowerCase();
      const back = key === "z" && !event.shiftKey;
      const forth = key === "y" || (key === "z" && event.shiftKey);
      if (!(back && canUndo) && !(forth && canRedo)) return;
      event.preventDefault();
      if (back) undo();
      else redo();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [canUndo, canRedo, undo, redo]);
  return useMemo(() => ({ draft, version, change, undo: canUndo ? undo : undefined, redo: canRedo ? redo : undefined, discard, clear }), [draft, version, canUndo, canRedo, change, undo, redo, discard, clear]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
