// Which boards a dashboard list shows, under which headings.
import type { BoardHit } from "../../api/dashboards";
import { flagOf, numberOf, textOf, textsOf, type JsonObject } from "../../dashboard/model/json";

export type Heading = "starred" | "recent" | "search";

export interface BoardGroup {
  heading: Heading;
  hits: BoardHit[];
}

// `interpolated` fills in variables. Each group has at most `maxItems` boards.
export function groupsOf(options: JsonObject, boards: readonly BoardHit[], recent: readonly string[], interpolated: (text: string) => string): BoardGroup[] {
  const most = Math.max(1, numberOf(options.maxItems, 10));
  const dashboards = boards.filter((hit) => hit.type !== "dash-folder").sort((a, b) => a.title.localeCompare(b.title, "en", { numeric: true }));
  const out: BoardGroup[] = [];
  const add = (heading: Heading, hits: BoardHit[]) => out.push({ heading, hits: hits.slice(0, most) });
  if (flagOf(options.showStarred, true)) add("starred", dashboards.filter((hit) => hit.isStarred));
  if (flagOf(options.showRecentlyViewed)) add("recent", recent.flatMap((uid) => dashboards.filter((hit) => hit.uid === uid)));
  if (flagOf(options.showSearch)) {
    const words = interpolated(textOf(options.query)).toLowerCase().split(/\s+/).filter((word) => word !== "");
    const tags = textsOf(options.tags).map(interpolated);
    const folder = textOf(options.folderUID, textOf(options.folderUid));
    // An empty uid is the general folder where the option is there at all; Grafana's boards leave it out for "everywhere".
    const inFolder = (hit: BoardHit) => folder === "" || (folder === "general" ? (hit.folderUid ?? "") === "" : hit.folderUid === folder);
    add("search", dashboards.filter((hit) => inFolder(hit) && words.every((word) => hit.title.toLowerCase().includes(word)) && tags.every((tag) => hit.tags.includes(tag))));
  }
  return out;
}

// The address of a board, with what the list is to take along.
export function boardSearch(options: JsonObject, search: string): string {
  const kept = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search)) {
    if (flagOf(options.keepTime) && (name === "from" || name === "to" || name === "tz")) kept.append(name, value);
    if (flagOf(options.includeVars) && name.startsWith("var-")) kept.append(name, value);
  }
  const text = kept.toString();
  return text === "" ? "" : `?${text}`;
}
