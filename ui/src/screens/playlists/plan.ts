// What a playlist shows, in its order. Pure.
import type { BoardHit } from "../../api/dashboards";
import type { PlaylistItem } from "../../api/playlists";
import { durationSeconds } from "../../time/duration";

export interface Shown {
  uid: string;
  title: string;
}

/** The boards of the items; a board that is found twice in a row is shown once. `missing` items name none. */
export function shownBoards(items: readonly PlaylistItem[], boards: readonly BoardHit[]): { shown: Shown[]; missing: number } {
  const shown: Shown[] = [];
  let missing = 0;
  const add = ({ uid, title }: BoardHit) => {
    if (shown[shown.length - 1]?.uid !== uid) shown.push({ uid, title });
  };
  for (const { type, value } of items) {
    const found =
      type === "dashboard_by_tag"
        ? boards.filter(({ tags }) => tags.includes(value)).sort((a, b) => a.title.localeCompare(b.title))
        : boards.filter(({ uid, id }) => (type === "dashboard_by_uid" ? uid === value : String(id) === value));
    if (found.length === 0) missing++;
    found.forEach(add);
  }
  // The last and the first follow each other too.
  if (shown.length > 1 && shown[0]!.uid === shown[shown.length - 1]!.uid) shown.pop();
  return { shown, missing };
}

/** Seconds; undefined for what the server would refuse. */
export function intervalSeconds(text: string): number | undefined {
  const seconds = durationSeconds(text);
  return seconds !== undefined && seconds >= 1 && seconds <= 7 * 86_400 ? seconds : undefined;
}

export function step(at: number, by: number, count: number): number {
  return count === 0 ? 0 : (((at + by) % count) + count) % count;
}

/** The item moved by one place; the list as it is where there is no such place. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = from + by;
  if (to < 0 || to >= list.length) return [...list];
  const out = [...list];
  const [one] = out.splice(from, 1);
  out.splice(to, 0, one!);
  return out;
}
