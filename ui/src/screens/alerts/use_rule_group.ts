// The state of the rule editor: a text, what the server says of it, and how it gets saved.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { draftOf, forgetHandedOver, groupYaml, handedOver, newGroup, type DraftGroup } from "../../alerting/rule_group";
import { ApiError, isAbort } from "../../api/client";
import { checkGroup, deleteGroup, groupHistory, groupText, restoreGroup, saveGroup, sourceText, type Checked, type GroupName } from "../../api/rule_groups";
import { ruleGroups } from "../../api/server";
import { forgetUnsaved, unsaved, useUnsaved } from "../../parts/unsaved";
import { t } from "./rule_messages";

export interface Opened {
  /** Of a group that is written here; "" for a new one. */
  namespace: string;
  group: string;
  /** Of a group of the operator's: shown, never changed. */
  file: string;
}

export interface RuleGroupState {
  loaded: boolean;
  error: string | undefined;
  locked: boolean;
  namespace: string;
  setNamespace: (namespace: string) => void;
  draft: DraftGroup;
  setDraft: (draft: DraftGroup) => void;
  text: string;
  setText: (text: string) => void;
  mode: "form" | "text";
  setMode: (mode: "form" | "text") => void;
  checked: Checked | undefined;
  /** The check is of this very text. */
  current: boolean;
  dirty: boolean;
  version: string | undefined;
  conflict: boolean;
  busy: boolean;
  /** The last save of this group by this page. */
  saved: LastSave | undefined;
  /** Takes that save back; undefined when the group is there no more, else its name. */
  undo: () => Promise<GroupName | undefined>;
  save: (message: string, overwrite?: boolean) => Promise<{ namespace: string; group: string } | undefined>;
  remove: () => Promise<boolean>;
  reload: () => void;
  /** Back to what is stored, or to a new group. */
  discard: () => void;
  copy: () => void;
}

/** What was left unsaved when the editor was left. */
interface Left {
  namespace: string;
  draft: DraftGroup;
  text: string;
  stored: string;
  version: string | undefined;
  mode: "form" | "text";
  copied: boolean;
  /** A new group: what had been handed over when it was begun. */
  handed: string;
}
const handedText = () => JSON.stringify(handedOver() ?? null);

interface LastSave {
  namespace: string;
  group: string;
  at: number; // Unix seconds
  version: string;
  before: number | undefined; // the revision in force until then
}
// A new group gets an address of its own when it is saved: what was saved outlives that change.
let lastSave: LastSave | undefined;

const CHECK_MS = 350;
const said = (failure: unknown) => (failure instanceof Error ? failure.message : String(failure));

export const BLANK = groupYaml(newGroup()).text;

/** The address of a group in the editor, below the base path. */
export function editorAddress({ namespace, group, file }: Opened): string {
  if (group === "") return "/alerts/rules/new";
  return `/alerts/rules/edit?${new URLSearchParams(file === "" ? { namespace, group } : { file, group })}`;
}

export function useRuleGroup(opened: Opened): RuleGroupState {
  const fresh = opened.group === "";
  const key = `rules ${JSON.stringify(opened)}`;
  const [begun] = useState(() => unsaved<Left>(key));
  const [copied, setCopied] = useState(false);
  const locked = opened.file !== "" && !copied;
  const [loaded, setLoaded] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const [namespace, setNamespace] = useState(opened.namespace || t("default"));
  const [draft, putDraft] = useState<DraftGroup>(newGroup);
  const [text, putText] = useState("");
  const [stored, setStored] = useState(""); // the text that was opened or saved
  const [version, setVersion] = useState<string | undefined>();
  const [mode, putMode] = useState<"form" | "text">("form");
  const [checked, setChecked] = useState<{ text: string; answer: Checked } | undefined>();
  const [conflict, setConflict] = useState(false);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(() => (opened.file === "" && lastSave?.namespace === opened.namespace && lastSave.group === opened.group ? lastSave : undefined));
  const [round, setRound] = useState(0);
  const checkedNamespace = useRef(namespace);
  checkedNamespace.current = namespace;

  // What is opened.
  useEffect(() => {
    const abort = new AbortController();
    const open = async () => {
      setError(undefined);
      setConflict(false);
      // What is handed over is what is wanted now.
      if (round === 0 && begun !== undefined && (!fresh || begun.handed === handedText())) {
        setNamespace(begun.namespace);
        putDraft(begun.draft);
        putText(begun.text);
        setStored(begun.stored);
        setVersion(begun.version);
        putMode(begun.mode);
        setCopied(begun.copied);
        return setLoaded(true);
      }
      if (fresh) {
        const first = handedOver() ?? newGroup();
        putDraft(first);
        putText(groupYaml(first).text);
        setStored("");
        return setLoaded(true);
      }
      try {
        const found = opened.file === "" ? await groupText(opened.namespace, opened.group, { signal: abort.signal }) : { text: await sourceText(opened.file, opened.group, { signal: abort.signal }), version: "" };
        const answer = await checkGroup(opened.namespace || t("default"), found.text, { signal: abort.signal });
        putText(found.text);
        setStored(found.text);
        setVersion(opened.file === "" ? found.version : undefined);
        setChecked({ text: found.text, answer });
        if (answer.group) putDraft(draftOf(answer.group));
        else putMode("text");
        setLoaded(true);
      } catch (failure) {
        if (!isAbort(failure)) setError(failure instanceof ApiError && failure.status === 404 ? t("gone") : said(failure));
      }
    };
    void open();
    return () => abort.abort();
  }, [opened.namespace, opened.group, opened.file, fresh, round, begun]);

  // Each text is checked a moment after the last key.
  useEffect(() => {
    if (!loaded || locked || checked?.text === text) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      checkGroup(checkedNamespace.current || t("default"), text, { signal: abort.signal }).then(
        (answer) => {
          setChecked({ text, answer });
          setError(undefined);
        },
        (failure: unknown) => !isAbort(failure) && setError(said(failure)),
      );
    }, CHECK_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [loaded, locked, text, checked?.text]);

  const setDraft = useCallback((next: DraftGroup) => {
    putDraft(next);
    putText(groupYaml(next).text);
  }, []);
  const dirty = loaded && !locked && text !== stored && !(fresh && text === BLANK);
  const left = useMemo((): Left | undefined => (dirty ? { namespace, draft, text, stored, version, mode, copied, handed: handedText() } : undefined), [dirty, namespace, draft, text, stored, version, mode, copied]);
  useUnsaved(key, left, { name: draft.name || opened.group, address: editorAddress(opened) });
  const current = checked !== undefined && checked.text === text;
  const setMode = (next: "form" | "text") => {
    if (next === "form" && mode === "text") {
      if (!current || !checked.answer.group) return setError(t("mustParse"));
      putDraft(draftOf(checked.answer.group));
    }
    setError(undefined);
    putMode(next);
  };

  const save: RuleGroupState["save"] = async (message, overwrite = false) => {
    setBusy(true);
    setError(undefined);
    try {
      // The mistakes with their places, before anything is sent to be kept.
      const answer = await checkGroup(namespace, text);
      setChecked({ text, answer });
      if (!answer.group) return undefined;
      const name = answer.group.name;
      // A group of the server's own that is named anew is renamed: one act, with one history.
      const mine = opened.group !== "" && opened.file === "";
      const renamed = mine && (name !== opened.group || namespace !== opened.namespace) ? { namespace: opened.namespace, group: opened.group } : undefined;
      if (renamed && (await groupText(namespace, name).then(() => true, () => false))) {
        setError(t("nameTaken", { group: `${namespace}/${name}` }));
        return undefined;
      }
      const stands = renamed ?? { namespace, group: name };
      const over = overwrite ? await groupText(stands.namespace, stands.group).then(({ version: theirs }) => theirs, () => undefined) : mine ? version : undefined;
      const before = (await groupHistory(stands.namespace, stands.group))[0];
      const { version: now } = await saveGroup(namespace, text, over, message, renamed);
      setVersion(now);
      setStored(text);
      setConflict(false);
      forgetHandedOver();
      forgetUnsaved(key);
      ruleGroups.again();
      lastSave = { namespace, group: name, at: Date.now() / 1000, version: now, before: before && !before.removed ? before.id : undefined };
      setSaved(lastSave);
      return { namespace, group: name };
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 412) setConflict(true);
      else setError(said(failure));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const undo = async () => {
    if (!saved) return opened;
    const { before, version: now } = saved;
    let then: GroupName = { namespace: saved.namespace, group: saved.group };
    if (before === undefined) await deleteGroup(saved.namespace, saved.group, now);
    else {
      const back = await restoreGroup(before, now, { namespace: saved.namespace, group: saved.group });
      if (back.group !== undefined && back.namespace !== undefined && (back.group !== saved.group || back.namespace !== saved.namespace)) then = { namespace: back.namespace, group: back.group };
    }
    lastSave = undefined;
    setSaved(undefined);
    ruleGroups.again();
    if (before !== undefined) setRound((n) => n + 1);
    return before === undefined ? undefined : then;
  };
  const remove = async () => {
    setBusy(true);
    try {
      await deleteGroup(opened.namespace, opened.group, version ?? "");
      forgetUnsaved(key);
      ruleGroups.again();
      return true;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 412) setConflict(true);
      else setError(said(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return useMemo(
    () => ({
      loaded,
      error,
      locked,
      namespace,
      setNamespace,
      draft,
      setDraft,
      text,
      setText: putText,
      mode,
      setMode,
      checked: checked?.answer,
      current,
      dirty,
      version,
      conflict,
      busy,
      saved,
      undo,
      save,
      remove,
      reload: () => setRound((n) => n + 1),
      discard: () => {
        if (fresh) forgetHandedOver();
        setCopied(false);
        putMode("form");
        setRound((n) => n + 1);
      },
      copy: () => {
        setCopied(true);
        setStored("");
      },
    }),
    [loaded, error, locked, namespace, draft, setDraft, text, mode, checked, current, dirty, stored, version, conflict, busy, saved],
  );
}
