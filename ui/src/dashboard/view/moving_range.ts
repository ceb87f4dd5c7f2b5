// A live board's range goes on with the clock. Most panels have nothing to take from that: their values come by
// themselves, and their texts do not name it.
import type { BoardView } from "../../panels/panel_view";
import type { Panel } from "../model/board";
import type { BoundVariable, Scope } from "../model/scope";
import type { AdhocFilter } from "../model/variables";

/** What a board gives to each of its panels. */
export interface Given {
  board: BoardView;
  scope: Scope;
  own: readonly BoundVariable[];
  filters: AdhocFilter[];
  live: number;
  ready: boolean;
}

const ENDS = new Set(["__from", "__to"]);

/** Whether nothing but the ends of the range is another: it is as wide as it was. */
export function onlyMoved(next: Given, before: Given): boolean {
  if (next.own !== before.own || next.filters !== before.filters || next.live !== before.live || next.ready !== before.ready) return false;
  const [board, old] = [next.board, before.board];
  if (Math.round(board.interval.to - board.interval.from) !== Math.round(old.interval.to - old.interval.from)) return false;
  for (const key of Object.keys({ ...old, ...board }) as (keyof BoardView)[]) if (key !== "interval" && board[key] !== old[key]) return false;
  if (next.scope.variables !== before.scope.variables || next.scope.builtins.size !== before.scope.builtins.size) return false;
  for (const [name, value] of next.scope.builtins) if (!ENDS.has(name) && value !== before.scope.builtins.get(name)) return false;
  return true;
}

const NAMES_ENDS = /__from|__to\b/;
const NAMES_RANGE = /__url_time_range/;
const known = new WeakMap<Panel, { ends: boolean; range: boolean }>();

/** Whether the panel's queries, texts or links say from when to when. The range of an address (`search`) is what it says
 *  there, "now" as a rule; only where it says nothing is it that of the clock. */
export function namesEnds(panel: Panel, search: string): boolean {
  let names = known.get(panel);
  if (names === undefined) {
    const text = JSON.stringify(panel);
    known.set(panel, (names = { ends: NAMES_ENDS.test(text), range: NAMES_RANGE.test(text) }));
  }
  return names.ends || (names.range && !saysRange(search));
}

function saysRange(search: string): boolean {
  const given = new URLSearchParams(search);
  return given.has("from") && given.has("to");
}
