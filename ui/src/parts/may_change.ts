// Whether anything can be changed here. A server that is read-only says so; buttons that would change
// something are off then, and say why.
import { runtime } from "../api/server";
import { catalogue } from "../text/catalogue";

const t = catalogue(
  { readOnly: "The server is read-only (--web.read-only): nothing can be changed here." },
  { de: { readOnly: "Der Server ist schreibgeschützt (--web.read-only): hier lässt sich nichts ändern." } },
);

export interface MayChange {
  may: boolean;
  why: string | undefined;
  /** For a button that changes something; `busy` is its own reason to be off. */
  button: (busy?: boolean) => { disabled: boolean; title?: string };
}

export function useMayChange(): MayChange {
  const why = runtime.pick((data) => data?.readOnly === true) ? t("readOnly") : undefined;
  return { may: why === undefined, why, button: (busy = false) => (why === undefined ? { disabled: busy } : { disabled: true, title: why }) };
}
