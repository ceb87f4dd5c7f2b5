// Playlists on the server, by Grafana's own paths: dashboards that are shown one after another.
import { askPlain, type AskOptions } from "./client";

export type ItemType = "dashboard_by_uid" | "dashboard_by_tag" | "dashboard_by_id";
export interface PlaylistItem {
  type: ItemType;
  value: string;
  title?: string;
}
export interface Playlist {
  uid: string;
  name: string;
  /** A duration: "30s", "5m". */
  interval: string;
  version: number;
  items: PlaylistItem[];
}
export interface PlaylistVersion extends Playlist {
  updated: string;
}
export type PlaylistHead = Omit<Playlist, "items">;

const path = (uid: string) => `api/playlists/${encodeURIComponent(uid)}`;
export const playlists = (options?: AskOptions) => askPlain<PlaylistHead[]>("api/playlists", {}, options);
export const playlist = (uid: string, options?: AskOptions) => askPlain<Playlist>(path(uid), {}, options);
export const addPlaylist = (made: Omit<Playlist, "uid" | "version">) => askPlain<Playlist>("api/playlists", {}, { body: made });
/** What it was each time it was saved, newest first. */
export const playlistVersions = (uid: string, options?: AskOptions) => askPlain<PlaylistVersion[]>(`${path(uid)}/versions`, {}, options);
/** Refused with 412 when the stored one has another version. */
export const changePlaylist = (changed: Playlist) => askPlain<Playlist>(path(changed.uid), {}, { method: "PUT", body: changed });
export const deletePlaylist = (uid: string) => askPlain<unknown>(path(uid), {}, { method: "DELETE" });
