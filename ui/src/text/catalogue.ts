// Messages. A folder declares its own in English with every other language beside it; a missing one is a
// type error. "{name}" is filled in, "{n|alert|alerts}" picks by whether n is one.
import { preference, setPreference } from "../preferences";

export type Language = "en" | "de";
export const languages: readonly { id: Language; name: string }[] = [
  { id: "en", name: "English" },
  { id: "de", name: "Deutsch" },
];

export function language(): Language {
  const chosen = preference("language");
  if (chosen === "en" || chosen === "de") return chosen;
  return typeof navigator !== "undefined" && navigator.language?.toLowerCase().startsWith("de") ? "de" : "en";
}
export function setLanguage(next: Language): void {
  setPreference("language", next);
  document.documentElement.lang = next;
}

export type Values = Readonly<Record<string, string | number>>;

export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return one === undefined ? String(value) : Number(value) === 1 ? one : (many ?? "");
  });
}

export function catalogue<T extends Record<string, string>>(
  en: T,
  others: { de: { readonly [K in keyof T]: string } },
): (key: keyof T & string, values?: Values) => string {
  return (key, values) => {
    const text = language() === "de" ? others.de[key] : en[key]!;
    return values ? fill(text, values) : text;
  };
}
