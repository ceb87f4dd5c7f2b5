// What is said of a board that was read: a key of `note_messages.ts` with what fills it in. It becomes text where it is
// shown, in the language of then; whoever only reads boards does not load the texts.
import type { NoteKey, PlaceKey } from './note_messages';

type Filled<Key> = { key: Key; values?: Readonly<Record<string, string | number>> };
export type Said = Filled<NoteKey>;
export type Place = Filled<PlaceKey>;
export interface Note extends Said {
  /** From the outside in: a panel, its queries. */
  where: readonly Place[];
}

/** Hears of what becomes of a panel. */
export type Say = (said: Said) => void;
