// The palette: every command of the shell and of the screen that is open, found by a few letters.
import { useEffect, useId, useMemo, useRef, useState } from "react";
import Dialog from "../parts/dialog";
import { keyLabels } from "../keys/keys";
import { catalogue } from "../text/catalogue";
import { searchBoards } from "../api/dashboards";
import { useLocation } from "wouter";
import { score, useAllCommands, type Command } from "./commands";
import { commandsOnPage } from "./on_page";
import { places } from "./places";

const t = catalogue(
  { title: "Search and commands", hint: "Type what you want to do", none: "Nothing is called like this", here: "Here", boards: "Dashboards" },
  { de: { title: "Suche und Befehle", hint: "Was soll geschehen?", none: "So heißt nichts", here: "Hier", boards: "Dashboards" } },
);

const SHOWN_MAX = 60;

export default function Palette({ onClose }: { onClose: () => void }) {
  const offered = useAllCommands();
  const [, go] = useLocation();
  const [boards, setBoards] = useState<Command[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    searchBoards({ signal: abort.signal }).then(
      (found) => setBoards(found.map(({ uid, title, tags, folderTitle }) => ({ id: `board-${uid}`, name: title, group: t("boards"), words: [...tags, folderTitle ?? ""].join(" "), run: () => go(`/dashboards/${encodeURIComponent(uid)}`) }))),
      () => {}, // without them the rest is still there
    );
    return () => abort.abort();
  }, []);
  // What the screen, the shell and the page itself offer, then places further away.
  const onPage = useMemo(() => commandsOnPage(document.getElementById("main") ?? document, t("here"), new Set(offered.map(({ name }) => name))), []);
  const all = useMemo(() => {
    const ids = new Set(offered.map(({ id }) => id));
    return [...offered, ...onPage, ...[...places(go), ...boards].filter(({ id }) => !ids.has(id))];
  }, [offered, onPage, boards]);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const found = useMemo(() => {
    const usable = all.filter((command) => command.id !== "palette");
    if (query.trim() === "") return usable.slice(0, SHOWN_MAX);
    return usable
      .map((command) => ({ command, points: Math.max(score(command.name, query) * 2, score(`${command.group} ${command.name} ${command.words ?? ""}`, query)) }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points)
      .slice(0, SHOWN_MAX)
      .map(({ command }) => command);
  }, [all, query]);
  useEffect(() => setAt(0), [query]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, found]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    // After the dialog has given the focus back: the command may open another one.
    setTimeout(command.run, 0);
  };
  return (
    <Dialog title={t("title")} onClose={onClose} bare>
      <div className="palette">
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
          aria-label={t("title")}
          placeholder={t("hint")}
          value={query}
          spellCheck={false}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
            if (step && found.length) {
              event.preventDefault();
              setAt((old) => (old + step + found.length) % found.length);
            }
            if (event.key === "Enter") {
              event.preventDefault();
              run(found[at]);
            }
          }}
        />
        <ul id={`${id}-list`} role="listbox" aria-label={t("title")} ref={list}>
          {found.map((command, i) => (
            <li key={command.id} id={`${id}-${i}`} role="option" aria-selected={i === at} onMouseMove={() => setAt(i)} onClick={() => run(command)}>
              <span className="dim nowrap">{command.group}</span>
              <span className="grow cut">{command.name}</span>
              {command.keys && keyLabels(command.keys).map((key, k) => <kbd key={k}>{key}</kbd>)}
            </li>
          ))}
        </ul>
        {found.length === 0 && <div className="empty">{t("none")}</div>}
      </div>
    </Dialog>
  );
}
