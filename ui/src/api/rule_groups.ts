// Rules that are written here: Mimir's ruler paths for the groups, ours for their history and checks.
import { ask, askPlain, askText, type AskOptions } from "./client";

export interface GroupHead {
  namespace: string;
  group: string;
  version: string;
  file: string;
  rules: number;
}
export interface EditedGroups {
  folder: string;
  readOnly: boolean;
  groups: GroupHead[];
}
const path = (namespace: string, group?: string) => `config/v1/rules/${encodeURIComponent(namespace)}${group === undefined ? "" : `/${encodeURIComponent(group)}`}`;

export const editedGroups = (options?: AskOptions) => ask<EditedGroups>("rule_groups", {}, options);
export const groupText = (namespace: string, group: string, options?: AskOptions) => askText(path(namespace, group), {}, options);
/** YAML of any group that is evaluated, whoever owns its file. */
export const sourceText = (file: string, group: string, options?: AskOptions) => ask<{ text: string }>("rule_groups/source", { file, group }, options).then(({ text }) => text);

export interface GroupName {
  namespace: string;
  group: string;
}
/** `version`: of the text this one was made from; undefined: there must be none yet. Refused with 412 otherwise.
 *  `renames`: the group that gets the text's name and this namespace; the version is its own then. */
export const saveGroup = (namespace: string, text: string, version: string | undefined, message: string, renames?: GroupName) =>
  askText(path(namespace), { ...(message === "" ? {} : { message }), ...(renames === undefined ? {} : { renames: renames.group, renamesNamespace: renames.namespace }) }, {
    body: text,
    contentType: "application/yaml",
    headers: version === undefined ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` },
  });
export const deleteGroup = (namespace: string, group: string, version: string) => askPlain<unknown>(path(namespace, group), {}, { method: "DELETE", headers: { "If-Match": `"${version}"` } });

/** What a rule says but for its labels and annotations, which a form holds in the order they were written in. */
export interface RuleText {
  alerting: boolean;
  name: string;
  expr: string;
  for: string;
  keepFiringFor: string;
  noData: string;
  clear: string;
  flapDamping: string;
}
export interface GroupText {
  name: string;
  interval: string;
  queryOffset: string;
  limit: number;
  noData: string;
  flapDamping: string;
}
export interface CheckedRule extends RuleText {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  line: number;
}
export interface CheckedGroup extends GroupText {
  labels: Record<string, string>;
  rules: CheckedRule[];
}
export interface Place {
  line: number;
  column: number;
  message: string;
}
export interface Warning {
  line: number;
  rule: string;
  check: string;
  cannotFire: boolean;
  message: string;
}
export interface Checked {
  errors: Place[];
  warnings: Warning[];
  group: CheckedGroup | null;
}
export const checkGroup = (namespace: string, text: string, options?: AskOptions) => ask<Checked>("rule_groups/check", { namespace }, { ...options, body: text, contentType: "application/yaml" });

export interface GroupRevision {
  id: number;
  savedAt: string;
  message: string;
  removed: boolean;
  /** Its name then: a renamed group has the history of its names before. */
  namespace: string;
  group: string;
  text: string;
}
export const groupHistory = (namespace: string, group: string, options?: AskOptions) => ask<GroupRevision[]>("rule_groups/history", { namespace, group }, options);
/** `version`: of what is in force now, "" when there is no such group. `now`: whose history it is of, which gets the name of then back. */
export const restoreGroup = (id: number, version: string, now?: GroupName) => ask<Partial<GroupHead>>("rule_groups/restore", { id, version, ...now }, { post: "form" });
