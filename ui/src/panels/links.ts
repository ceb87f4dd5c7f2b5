// Links of boards and panels. Only ways that cannot run anything are followed.
import { basePath } from "../base";
import { flagOf, textOf } from "../dashboard/model/json";
import type { BoardLink } from "../dashboard/model/board";
import { interpolate } from "../dashboard/model/interpolate";
import { ALL, type Scope } from "../dashboard/model/scope";

export function safeUrl(text: string): string | undefined {
  // As a browser reads it, which passes over these characters.
  const url = text.replace(/[\t\n\r]/g, "").replace(/^[\s\u0000-\u001f]+|[\s\u0000-\u001f]+$/g, "");
  if (url === "") return undefined;
  if (/^(https?:|mailto:)/i.test(url)) return url;
  // Anything else with a scheme (javascript:, data:, vbscript:, also with blanks inside) is refused.
  if (/^[^/?#]*:/.test(url.replace(/[\s\u0000-\u001f]/g, ""))) return undefined;
  const own = /^\/d\/([^/?#]+)(?:\/[^?#]*)?(.*)$/.exec(url);
  if (own) return `${basePath}/dashboards/${own[1]}${own[2]}`;
  if (!/^[/\\]/.test(url)) return url;
  // Two slashes lead to another host, and a backslash is one of them.
  return /^\/(?![/\\])/.test(url) ? basePath + url : undefined;
}

/** The source of a picture, which is within the text itself: the page asks no other host, and what it asks of its own may do something there. */
export function imageUrl(text: string): string | undefined {
  const url = text.trim();
  return /^data:image\/[\w.+-]+[;,]/i.test(url) ? url : undefined;
}

export interface ShownLink {
  title: string;
  url: string;
  blank: boolean;
}

// What is chosen on the board as its address would have it: all of it, also what nobody has changed yet.
export function chosenSearch(search: string, scope: Scope): string {
  const out = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search)) if (!name.startsWith("var-")) out.append(name, value);
  for (const [name, value] of chosenVariables(search, scope)) out.append(name, value);
  return out.toString();
}

export function chosenVariables(search: string, scope: Scope): URLSearchParams {
  const variables = new URLSearchParams();
  for (const { name, values, everything } of scope.variables.values()) for (const value of everything === true ? [ALL] : values) variables.append(`var-${name}`, value);
  for (const [name, value] of new URLSearchParams(search)) if (name.startsWith("var-") && !scope.variables.has(name.slice(4))) variables.append(name, value);
  return variables;
}

export function shownLinks(links: readonly BoardLink[], scope: Scope, search: string): ShownLink[] {
  const all = links.some((link) => flagOf(link.includeVars)) ? chosenSearch(search, scope) : search;
  return links.flatMap((link) => {
    const url = safeUrl(interpolate(textOf(link.url), scope, "url"));
    if (url === undefined) return [];
    const kept = new URLSearchParams();
    for (const [name, value] of new URLSearchParams(all)) {
      if (flagOf(link.keepTime) && (name === "from" || name === "to")) kept.append(name, value);
      if (flagOf(link.includeVars) && name.startsWith("var-")) kept.append(name, value);
    }
    const text = kept.toString();
    return [{ title: interpolate(link.title, scope) || url, url: text === "" ? url : url + (url.includes("?") ? "&" : "?") + text, blank: flagOf(link.targetBlank) }];
  });
}
