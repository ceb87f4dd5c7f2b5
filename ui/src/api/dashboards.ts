// Dashboards on the server, by Grafana's own paths.
import { askPlain, type AskOptions, type Parameters } from "./client";

export interface BoardHit {
  id?: number;
  uid: string;
  title: string;
  tags: string[];
  isStarred: boolean;
  type: "dash-db" | "dash-folder";
  folderUid?: string;
  folderTitle?: string;
  provisioned?: boolean;
}
export const searchBoards = (options?: AskOptions) => askPlain<BoardHit[]>("api/search", { type: "dash-db", limit: 5000 }, options);

export interface BoardMeta {
  canSave?: boolean;
  isStarred?: boolean;
  version?: number;
  folderUid?: string;
  folderTitle?: string;
  provisioned?: boolean;
  provisionedExternalId?: string;
  updated?: string;
}
export interface StoredBoard {
  dashboard: unknown;
  meta: BoardMeta;
}
export const getBoard = (uid: string, options?: AskOptions) => askPlain<StoredBoard>(`api/dashboards/uid/${encodeURIComponent(uid)}`, {}, options);

export interface Saved {
  uid: string;
  url: string;
  version: number;
  status: string;
}
export interface SaveRequest {
  dashboard: unknown;
  folderUid?: string;
  message?: string;
  overwrite?: boolean;
}
export const saveBoard = (request: SaveRequest) => askPlain<Saved>("api/dashboards/db", {}, { body: request });
export const deleteBoard = (uid: string) => askPlain<unknown>(`api/dashboards/uid/${encodeURIComponent(uid)}`, {}, { method: "DELETE" });
export const setStar = (uid: string, starred: boolean) =>
  askPlain<unknown>(`api/user/stars/dashboard/uid/${encodeURIComponent(uid)}`, {}, { method: starred ? "POST" : "DELETE" });

export interface Folder {
  uid: string;
  title: string;
}
export const folders = (options?: AskOptions) => askPlain<Folder[]>("api/folders", {}, options);
export const addFolder = (title: string) => askPlain<Folder>("api/folders", {}, { body: { title } });

export interface BoardVersion {
  version: number;
  created: string;
  createdBy: string;
  message: string;
}
export async function boardVersions(uid: string, options?: AskOptions): Promise<BoardVersion[]> {
  const found = await askPlain<BoardVersion[] | { versions: BoardVersion[] }>(`api/dashboards/uid/${encodeURIComponent(uid)}/versions`, { limit: 50 }, options);
  return Array.isArray(found) ? found : found.versions;
}
/** One of them with the board as it was then. */
export const boardVersion = (uid: string, version: number, options?: AskOptions) => askPlain<BoardVersion & { data: unknown }>(`api/dashboards/uid/${encodeURIComponent(uid)}/versions/${version}`, {}, options);
export const restoreBoard = (uid: string, version: number) => askPlain<Saved>(`api/dashboards/uid/${encodeURIComponent(uid)}/restore`, {}, { body: { version } });

export interface Annotation {
  id: number;
  text: string;
  tags: string[];
  /** Milliseconds; equal for a moment. */
  time: number;
  timeEnd: number;
  /** "": shown on every board. */
  dashboardUID?: string;
  panelId?: number;
}
export const addAnnotation = (annotation: Omit<Annotation, "id">) => askPlain<{ id: number }>("api/annotations", {}, { body: annotation });
export const changeAnnotation = (id: number, change: Partial<Omit<Annotation, "id">>) => askPlain<unknown>(`api/annotations/${id}`, {}, { method: "PATCH", body: change });
export const deleteAnnotation = (id: number) => askPlain<unknown>(`api/annotations/${id}`, {}, { method: "DELETE" });
export const annotationTags = (options?: AskOptions) =>
  askPlain<{ result: { tags: { tag: string }[] } }>("api/annotations/tags", { limit: 200 }, options).then(({ result }) => result.tags.map(({ tag }) => tag));

/** Milliseconds, as Grafana has them. */
export const annotations = (from: number, to: number, options?: AskOptions, by: Parameters = {}) =>
  askPlain<unknown[]>("api/annotations", { from: Math.round(from), to: Math.round(to), limit: 500, type: "annotation", ...by }, options);

export interface AnnotationJson {
  id: number;
  time: number; // milliseconds
  timeEnd?: number;
  text: string;
  tags: string[];
  login?: string;
  dashboardUID?: string;
  panelId?: number;
}
/** By Grafana's own parameters: tags, limit, from, to, dashboardUID, type. */
export const findAnnotations = (parameters: Parameters, options?: AskOptions) => askPlain<AnnotationJson[]>("api/annotations", parameters, options);
