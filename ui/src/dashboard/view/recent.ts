// The boards that this browser has opened, newest first: what a dashboard list shows as recently viewed.
import { preference, setPreference } from "../../preferences";

const KEPT = 30;

export function recentBoards(): string[] {
  try {
    const found: unknown = JSON.parse(preference("recent-boards") ?? "[]");
    return Array.isArray(found) ? found.filter((uid) => typeof uid === "string") : [];
  } catch {
    return [];
  }
}

export function noteOpened(uid: string): void {
  const before = recentBoards();
  if (uid !== "" && before[0] !== uid) setPreference("recent-boards", JSON.stringify([uid, ...before.filter((other) => other !== uid)].slice(0, KEPT)));
}
