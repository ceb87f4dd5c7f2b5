// The PromQL editor: CodeMirror with completion, type and help tooltips, and linting. A chunk of its own.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useRef } from "react";
import { theme } from "../preferences";
import { ServerClient } from "./client";

const look = EditorView.theme({
  "&": { background: "var(--ground)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "var(--radius)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "0" },
  ".cm-content": { fontFamily: "var(--mono)", padding: "6px 4px", caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)", maxHeight: "40vh", overflow: "auto" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { background: "var(--accent-ground) !important" },
  ".cm-matchingBracket": { background: "var(--hover)", color: "inherit" },
  ".cm-tooltip": { background: "var(--raised)", border: "1px solid var(--line-strong)", borderRadius: "6px", color: "var(--text)", overflow: "hidden" },
  ".cm-tooltip-autocomplete ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "320px" },
  ".cm-tooltip-autocomplete ul li": { padding: "2px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-ground)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--dim)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--link)", fontWeight: "600" },
  ".cm-completionInfo": { padding: "6px 8px", maxWidth: "360px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--critical)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warning)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--critical)" },
  ".cm-placeholder": { color: "var(--dim)" },
});

const colors = HighlightStyle.define([
  { tag: tags.number, color: "var(--c2)" },
  { tag: tags.string, color: "var(--c1)" },
  { tag: tags.keyword, color: "var(--c4)" },
  { tag: tags.function(tags.variableName), color: "var(--c5)" },
  { tag: tags.labelName, color: "var(--c3)" },
  { tag: tags.operator, color: "var(--dim)" },
  { tag: tags.modifier, color: "var(--c4)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--critical)" },
]);

// A board's expression has $names in it, which are no PromQL: linting them would only show noise.
const lintable = (text: string) => !/\$\w|\$\{|\[\[/.test(text);

const client = new ServerClient();

export interface PromqlEditorProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
  onRun?: () => void;
  hint?: string;
}

export default function PromqlEditor({ value, label, onChange, onRun, hint }: PromqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };
  const shade = theme();
  useEffect(() => {
    if (host.current === null) return;
    const language = new Compartment();
    const make = (lint: boolean) => {
      const extension = new PromQLExtension().activateCompletion(true).activateLinter(lint);
      extension.setComplete({ remote: client });
      return extension.asExtension();
    };
    let linting = lintable(value);
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          EditorView.lineWrapping,
          EditorView.darkTheme.of(shade === "dark"),
          EditorView.contentAttributes.of({ "aria-label": label }),
          syntaxHighlighting(colors),
          look,
          placeholder(hint ?? ""),
          language.of(make(linting)),
          // An open list of completions takes Enter first.
          Prec.highest(keymap.of(completionKeymap)),
          Prec.high(
            keymap.of([
              { key: "Mod-Enter", run: () => (latest.current.onRun?.(), latest.current.onRun !== undefined) },
              { key: "Enter", run: () => (latest.current.onRun === undefined ? false : (latest.current.onRun(), true)) },
              { key: "Shift-Enter", run: insertNewlineAndIndent },
            ]),
          ),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"), ...historyKeymap, ...lintKeymap]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            latest.current.onChange(text);
            if (lintable(text) !== linting) {
              linting = !linting;
              queueMicrotask(() => made.dispatch({ effects: language.reconfigure(make(linting)) }));
            }
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [shade]);
  useEffect(() => {
    const now = view.current;
    if (now !== null && now.state.doc.toString() !== value) now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
  }, [value]);
  return <div className="promql-editor" ref={host} data-query={value} />;
}
