// The queries of this browser, newest first.
import { arrayOf } from "../../dashboard/model/json";
import { preference, setPreference } from "../../preferences";

const KEPT_MAX = 60;
const NAME = "explore.history";

export function queryHistory(): string[] {
  try {
    return arrayOf(JSON.parse(preference(NAME) ?? "[]")).filter((q): q is string => typeof q === "string");
  } catch {
    return [];
  }
}

export function remember(query: string): void {
  const text = query.trim();
  if (text === "") return;
  setPreference(NAME, JSON.stringify([text, ...queryHistory().filter((q) => q !== text)].slice(0, KEPT_MAX)));
}

export function forgetAll(): void {
  setPreference(NAME, "[]");
}
