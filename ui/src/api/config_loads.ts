// The configurations that the server has loaded, and the files as they are now.
import { ask, type AskOptions } from "./client";

export interface ConfigLoad {
  id: number;
  at: string;
  ok: boolean;
  error: string;
}
/** Texts without secrets. */
export interface ConfigTexts extends ConfigLoad {
  yaml: string;
  alertmanager: string;
}
export const configLoads = (options?: AskOptions) => ask<ConfigLoad[]>("status/config/loads", {}, options);
/** "file": what a reload would load now. */
export const configTexts = (id: number | "file", options?: AskOptions) => ask<ConfigTexts>(`status/config/loads/${id}`, {}, options);
