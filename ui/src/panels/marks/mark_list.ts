// The marks of a board as its panels have them. They come and go every few seconds (a firing alert goes on) and nothing
// else of the board does: who draws them is told, and nothing is rendered.
import type { Mark } from "./marks";

export class MarkList {
  private readonly readers = new Set<() => void>();

  constructor(private marks: readonly Mark[] = []) {}

  /** The same array until there are others. */
  get all(): readonly Mark[] {
    return this.marks;
  }

  set(marks: readonly Mark[]): void {
    if (JSON.stringify(marks) === JSON.stringify(this.marks)) return;
    this.marks = marks;
    for (const reader of [...this.readers]) reader();
  }

  /** Calls at each change; returns how to stop. */
  onChange(reader: () => void): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }
}

/** Where there are none and never will be. */
export const NO_MARKS = new MarkList();
