// News panel: a feed of another host. Pharos asks no outside host, so it says so and names the feed.
import { catalogue } from "../../text/catalogue";
import { textOf } from "../../dashboard/model/json";
import type { PanelViewProps } from "../panel_view";

const t = catalogue(
  { offline: "News come from an outside host, and Pharos asks none.", feed: "Feed: {url}" },
  { de: { offline: "Nachrichten kommen von einem fremden Server, und Pharos fragt keinen.", feed: "Quelle: {url}" } },
);

export default function News({ panel }: PanelViewProps) {
  const url = textOf(panel.options.feedUrl);
  return (
    <div className="no-value" data-value="">
      <span className="small">{t("offline")}</span>
      {url !== "" && <small className="mono">{t("feed", { url })}</small>}
    </div>
  );
}
