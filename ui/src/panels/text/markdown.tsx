// Markdown → React nodes. No HTML is ever interpreted: what is not Markdown is text.
import { createContext, Fragment, useContext, type ReactNode } from "react";
import { safeUrl } from "../links";

const TEXT_MAX = 100_000; // characters: what is longer is nothing to read on a board, and would hold the page up
const DEPTH_MAX = 8;

/** What stands beside a block of code, by its language: a link that runs it, say. */
export const BesideCode = createContext<(code: string, language: string) => ReactNode>(() => null);

function Code({ code, language }: { code: string; language: string }) {
  const beside = useContext(BesideCode);
  return (
    <>
      <pre>{code}</pre>
      {beside(code, language)}
    </>
  );
}

export function Markdown({ text }: { text: string }) {
  const shown = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  return <>{blocks(shown.replace(/\r\n?/g, "\n").split("\n"), 0)}</>;
}

function blocks(lines: readonly string[], depth: number): ReactNode[] {
  const out: ReactNode[] = [];
  let i = 0;
  const push = (node: ReactNode) => out.push(<Fragment key={out.length}>{node}</Fragment>);
  while (i < lines.length) {
    const line = lines[i]!;
    if (line.trim() === "") {
      i++;
      continue;
    }
    const fence = /^\s*(```|~~~)\s*([\w-]*)/.exec(line);
    if (fence) {
      const end = lines.findIndex((l, k) => k > i && l.trim().startsWith(fence[1]!));
      const stop = end < 0 ? lines.length : end;
      push(<Code code={lines.slice(i + 1, stop).join("\n")} language={fence[2]!} />);
      i = stop + 1;
      continue;
    }
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (heading) {
      const Tag = `h${Math.min(6, heading[1]!.length + 2)}` as "h3";
      push(<Tag>{inline(heading[2]!)}</Tag>);
      i++;
      continue;
    }
    if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      push(<hr />);
      i++;
      continue;
    }
    if (/^\s*>/.test(line) && depth < DEPTH_MAX) {
      const quoted: string[] = [];
      while (i < lines.length && /^\s*>/.test(lines[i]!)) quoted.push(lines[i++]!.replace(/^\s*>\s?/, ""));
      push(<blockquote>{blocks(quoted, depth + 1)}</blockquote>);
      continue;
    }
    if (isItem(line) && depth < DEPTH_MAX) {
      const { node, next } = list(lines, i, depth);
      push(node);
      i = next;
      continue;
    }
    if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/.test(lines[i + 1] ?? "")) {
      const head = cells(line);
      const rows: string[][] = [];
      i += 2;
      while (i < lines.length && lines[i]!.includes("|") && lines[i]!.trim() !== "") rows.push(cells(lines[i++]!));
      push(
        <table className="table">
          <thead>
            <tr>{head.map((cell, k) => <th key={k} scope="col">{inline(cell)}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row, r) => (
              <tr key={r}>{head.map((_, k) => <td key={k}>{inline(row[k] ?? "")}</td>)}</tr>
            ))}
          </tbody>
        </table>,
      );
      continue;
    }
    const paragraph: string[] = [];
    while (i < lines.length && lines[i]!.trim() !== "" && !/^\s{0,3}(#{1,6}\s|```|~~~|>)/.test(lines[i]!) && (paragraph.length === 0 || !isItem(lines[i]!))) paragraph.push(lines[i++]!);
    if (paragraph.length === 0) paragraph.push(lines[i++]!);
    push(<p>{inline(paragraph.join("\n"))}</p>);
  }
  return out;
}

function isItem(line: string): boolean {
  return /^\s*([-*+]|\d{1,9}[.)])\s+/.test(line);
}

function indent(line: string): number {
  return /^\s*/.exec(line)![0].replace(/\t/g, "    ").length;
}

function list(lines: readonly string[], start: number, depth: number): { node: ReactNode; next: number } {
  const level = indent(lines[start]!);
  const ordered = /^\s*\d/.test(lines[start]!);
  const items: string[][] = [];
  let i = start;
  while (i < lines.length) {
    const line = lines[i]!;
    if (line.trim() === "") {
      const following = lines[i + 1] ?? "";
      if (following.trim() === "" || (indent(following) <= level && !isItem(following))) break;
      i++;
      continue;
    }
    if (isItem(line) && indent(line) <= level) items.push([line.replace(/^\s*([-*+]|\d{1,9}[.)])\s+/, "")]);
    else if (indent(line) > level || !isItem(line)) items[items.length - 1]!.push(line.replace(/^\s{1,4}/, ""));
    i++;
  }
  const content = items.map((item, k) => {
    const task = /^\[([ xX])\]\s+/.exec(item[0]!);
    const first = task ? item[0]!.slice(task[0].length) : item[0]!;
    return (
      <li key={k} className={task ? "task" : undefined}>
        {task && (task[1] === " " ? "☐ " : "☑ ")}
        {inline(first)}
        {item.length > 1 && blocks(item.slice(1), depth + 1)}
      </li>
    );
  });
  return { node: ordered ? <ol>{content}</ol> : <ul className="bullets">{content}</ul>, next: i };
}

function cells(line: string): string[] {
  return line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

// Each reaches a bounded way ahead: looking for an end that is not there costs no more than that.
const INLINE =
  /(`{1,9})([\s\S]{1,1000}?)\1|!?\[([^[\]]{0,500})\]\(\s{0,9}([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200}){0,9})(?:\s{1,9}"[^"]{0,500}")?\s{0,9}\)|\*\*([\s\S]{1,1000}?)\*\*|__([\s\S]{1,1000}?)__|\*([^*\s][\s\S]{0,1000}?)\*|(?<!\w)_([^_\s][\s\S]{0,1000}?)_(?!\w)|~~([\s\S]{1,1000}?)~~|(https?:\/\/[^\s<>()]+)|\\([\\`*_{}[\]()#+\-.!|~])| {2}\n/g;

function inline(text: string, depth = 0): ReactNode[] {
  if (depth > DEPTH_MAX) return [text];
  const out: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) out.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [, , code, label, url, strong, strong2, em, em2, del, bare, escaped] = match;
    const key = out.length;
    if (code !== undefined) out.push(<code key={key}>{code}</code>);
    else if (url !== undefined) {
      const safe = safeUrl(url);
      const children = label ? inline(label, depth + 1) : url;
      // Pictures would ask other hosts: they are links here.
      out.push(safe === undefined ? <span key={key}>{children}</span> : <a key={key} href={safe} rel="noreferrer">{children}</a>);
    } else if (strong !== undefined || strong2 !== undefined) out.push(<strong key={key}>{inline((strong ?? strong2)!, depth + 1)}</strong>);
    else if (em !== undefined || em2 !== undefined) out.push(<em key={key}>{inline((em ?? em2)!, depth + 1)}</em>);
    else if (del !== undefined) out.push(<del key={key}>{inline(del, depth + 1)}</del>);
    else if (bare !== undefined) out.push(<a key={key} href={bare} rel="noreferrer">{bare}</a>);
    else if (escaped !== undefined) out.push(escaped);
    else out.push(<br key={key} />);
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}
