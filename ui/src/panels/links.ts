// Links of boards and panels. Only ways that cannot run anything are followed.
import { basePath } from "../base";
import { flagOf, textOf } from "../dashboard/model/json";
import type { BoardLink } from "../dashboard/model/board";
import { interpolate } from "../dashboard/model/interpolate";
import type { Scope } from "../dashboard/model/scope";

export function safeUrl(text: string): string | undefined {
  const url = text.trim();
  if (url === "") return undefined;
  if (/^(https?:|mailto:)/i.test(url)) return url;
  // Anything else with a scheme (javascript:, data:, vbscript:, also with blanks inside) is refused.
  if (/^[^/?#]*:/.test(url.replace(/[\s\u0000-\u001f]/g, ""))) return undefined;
  const own = /^\/d\/([^/?#]+)(?:\/[^?#]*)?(.*)$/.exec(url);
  if (own) return `${basePath}/dashboards/${own[1]}${own[2]}`;
  return url.startsWith("/") && !url.startsWith("//") ? basePath + url : url.startsWith("//") ? undefined : url;
}

export interface ShownLink {
  title: string;
  url: string;
  blank: boolean;
}

export function shownLinks(links: readonly BoardLink[], scope: Scope, search: string): ShownLink[] {
  return links.flatMap((link) => {
    const url = safeUrl(interpolate(textOf(link.url), scope, "url"));
    if (url === undefined) return [];
    const kept = new URLSearchParams();
    for (const [name, value] of new URLSearchParams(search)) {
      if (flagOf(link.keepTime) && (name === "from" || name === "to")) kept.append(name, value);
      if (flagOf(link.includeVars) && name.startsWith("var-")) kept.append(name, value);
    }
    const text = kept.toString();
    return [{ title: interpolate(link.title, scope) || url, url: text === "" ? url : url + (url.includes("?") ? "&" : "?") + text, blank: flagOf(link.targetBlank) }];
  });
}
