// Dashboard list: starred, recently viewed and found boards.
import { useMemo, useSyncExternalStore } from "react";
import { Link, useSearch } from "wouter";
import { boardHits } from "../../api/board_hits";
import { setStar, type BoardHit } from "../../api/dashboards";
import { interpolate } from "../../dashboard/model/interpolate";
import { flagOf } from "../../dashboard/model/json";
import { recentBoards } from "../../dashboard/view/recent";
import { useTopic } from "../../live/live";
import { Icon } from "../../parts/icons";
import { Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { preference, watchPreferences } from "../../preferences";
import { catalogue } from "../../text/catalogue";
import type { PanelViewProps } from "../panel_view";
import { chosenSearch } from "../links";
import { boardSearch, groupsOf } from "./board_groups";

const t = catalogue(
  { starred: "Starred dashboards", recent: "Recently viewed dashboards", search: "Search", none: "No dashboards", star: "Star {title}", unstar: "Remove the star of {title}" },
  { de: { starred: "Markierte Dashboards", recent: "Zuletzt geöffnete Dashboards", search: "Suche", none: "Keine Dashboards", star: "{title} markieren", unstar: "Markierung von {title} entfernen" } },
);

export default function DashboardList({ panel, scope, height }: PanelViewProps) {
  const { data, error } = boardHits.use();
  useTopic("dashboards", boardHits.again);
  const search = useSearch();
  const recent = useSyncExternalStore(watchPreferences, () => preference("recent-boards") ?? "");
  const { options } = panel;
  const groups = useMemo(() => groupsOf(options, data ?? [], recentBoards(), (text) => interpolate(text, scope)), [options, data, recent, scope]);
  const star = (hit: BoardHit) => setStar(hit.uid, !hit.isStarred).then(boardHits.again, (failure: unknown) => toast(failure instanceof Error ? failure.message : String(failure), "critical"));
  return (
    <div className="list-panel" style={{ height }} tabIndex={0} aria-label={panel.title || panel.type}>
      <Trouble error={error} stale={data !== undefined} />
      {data !== undefined && groups.every((group) => group.hits.length === 0) && <div className="no-value">{t("none")}</div>}
      {groups.filter((group) => group.hits.length > 0).map((group) => (
        <section key={group.heading} data-group={group.heading}>
          {flagOf(options.showHeadings, true) && <h3>{t(group.heading)}</h3>}
          <ul>
            {group.hits.map((hit) => (
              <li key={hit.uid} data-uid={hit.uid}>
                <Link className="cut grow" href={`/dashboards/${encodeURIComponent(hit.uid)}${boardSearch(options, chosenSearch(search, scope))}`} title={hit.title}>
                  {hit.title}
                </Link>
                {flagOf(options.showFolderNames, true) && (hit.folderTitle ?? "") !== "" && <span className="dim cut folder">{hit.folderTitle}</span>}
                <button type="button" className={hit.isStarred ? "star on" : "star"} aria-pressed={hit.isStarred} aria-label={t(hit.isStarred ? "unstar" : "star", { title: hit.title })} onClick={() => void star(hit)}>
                  <Icon name="star" size={13} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
