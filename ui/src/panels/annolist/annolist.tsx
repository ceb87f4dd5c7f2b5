// Annotation list: what was posted to the server, newest first. A click leads to the place it tells of.
import { useCallback, useState } from "react";
import { Link } from "wouter";
import { findAnnotations } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import { interpolate } from "../../dashboard/model/interpolate";
import { flagOf } from "../../dashboard/model/json";
import { useTopic } from "../../live/live";
import { Icon } from "../../parts/icons";
import { Trouble } from "../../parts/parts";
import { catalogue } from "../../text/catalogue";
import { useRangeNow } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import type { PanelViewProps } from "../panel_view";
import { annotationPlace, annotationQuery } from "./annotation_query";

const t = catalogue({ none: "No annotations found", untitled: "(no text)", drop: "Show all tags again: {tag}" }, { de: { none: "Keine Anmerkungen gefunden", untitled: "(ohne Text)", drop: "Wieder alle Tags zeigen: {tag}" } });

export default function AnnotationList({ panel, board, scope, height }: PanelViewProps) {
  const { options } = panel;
  const [tags, setTags] = useState<readonly string[]>([]);
  // The end of a live range moves each second; what it shows is asked anew each ten.
  const { from, to } = useRangeNow(board.range);
  const interval = { from: Math.floor(from / 10) * 10, to: Math.ceil(to / 10) * 10 };
  const query = annotationQuery(options, { uid: board.uid, ...interval, tags, interpolated: (text) => interpolate(text, scope) });
  const { data, error, again, first } = useApi(JSON.stringify(query), useCallback((signal: AbortSignal) => findAnnotations(query, { signal }), [JSON.stringify(query)]));
  useTopic("annotations", again);
  return (
    <div className="list-panel" style={{ height }} tabIndex={0} aria-label={panel.title || panel.type}>
      <Trouble error={error} stale={data !== undefined} />
      {tags.length > 0 && (
        <div className="labels">
          {tags.map((tag) => (
            <button key={tag} type="button" className="label" aria-label={t("drop", { tag })} onClick={() => setTags(tags.filter((other) => other !== tag))}>
              {tag} <Icon name="close" size={9} />
            </button>
          ))}
        </div>
      )}
      {!first && data !== undefined && data.length === 0 && <div className="no-value">{t("none")}</div>}
      <ul>
        {(data ?? []).map((found) => (
          <li key={found.id} data-value={found.id} className="annotation">
            <Link className="grow text clamp" href={annotationPlace(options, found, board.uid)} title={found.text}>
              {found.text || t("untitled")}
            </Link>
            {flagOf(options.showUser, true) && (found.login ?? "") !== "" && <span className="dim">{found.login}</span>}
            {flagOf(options.showTime, true) && <span className="dim num">{dateAndClock(found.time / 1000, board.zone)}</span>}
            {flagOf(options.showTags, true) && found.tags.length > 0 && (
              <span className="labels">
                {found.tags.slice(0, 12).map((tag) => (
                  <button key={tag} type="button" className="label" onClick={() => setTags([...new Set([...tags, tag])])}>
                    {tag}
                  </button>
                ))}
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
