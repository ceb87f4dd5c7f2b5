// Playlists: the list, one that is edited, one that plays. The addresses are Grafana's.
import "../../panels/panels.css";
import "../dashboards/dashboards.css";
import "./playlists.css";
import { useLocation } from "wouter";
import { PlaylistEditor } from "./edit";
import { PlaylistList } from "./list";
import { Player } from "./player";

export default function Screen() {
  const [path] = useLocation();
  const [, what, uid] = /^\/playlists\/(new|edit|play)(?:\/([^/]+))?/.exec(path) ?? [];
  if (what === "new") return <PlaylistEditor key="new" />;
  if (uid === undefined) return <PlaylistList />;
  const decoded = decodeURIComponent(uid);
  return what === "play" ? <Player key={decoded} uid={decoded} /> : <PlaylistEditor key={decoded} uid={decoded} />;
}
