// The lines of a log, past React: they come and go by dozens when alerts storm, and are written once each.
import { markElement, type Tone } from "../../parts/icons";
import { dateAndClock } from "../../time/zone";
import { toneOfSeverity, whereOf, type Transition } from "../alert_feed";

export interface LinesLook {
  zone: string;
  wrap: boolean;
  /** What a change is called. */
  word: (kind: Transition["kind"]) => string;
}

export class LogLines {
  private lines = new Map<string, HTMLElement>();
  private look: LinesLook | undefined;
  private readonly open = new Set<string>();

  /** `host` holds these lines only. */
  constructor(private readonly host: HTMLElement) {}

  /** Lines that are there stay as they are, opened or with the focus. */
  write(wanted: readonly Transition[], look: LinesLook): void {
    if (look.zone !== this.look?.zone || look.wrap !== this.look.wrap) {
      this.host.replaceChildren();
      this.lines.clear();
    }
    this.look = look;
    const kept = new Map<string, HTMLElement>();
    for (const line of wanted) {
      const key = keyOf(line);
      if (!kept.has(key)) kept.set(key, this.lines.get(key) ?? this.element(line, key, look));
    }
    for (const [key, element] of this.lines) if (!kept.has(key)) element.remove();
    for (const key of this.open) if (!kept.has(key)) this.open.delete(key);
    let next = this.host.firstChild;
    for (const element of kept.values()) {
      if (element === next) next = next.nextSibling;
      else this.host.insertBefore(element, next);
    }
    this.lines = kept;
  }

  private element(line: Transition, key: string, { zone, wrap, word }: LinesLook): HTMLElement {
    const tone = toneOf(line);
    const where = whereOf(line.labels);
    const button = made("button", "");
    button.type = "button";
    button.append(
      made("span", "dim num", dateAndClock(line.at, zone)), " ", markElement(tone), " ", made("b", `tone-${tone}`, word(line.kind)), ` ${line.labels.alertname ?? ""} `, ...(where === "" ? [] : [where, " "]),
      made("span", "dim", line.annotations.summary ?? line.annotations.description ?? ""),
    );
    const out = made("div", wrap ? "log-line wrap" : "log-line");
    out.append(button);
    const show = () => {
      const open = this.open.has(key);
      button.setAttribute("aria-expanded", String(open));
      if (open) out.append(details(line));
      else out.querySelector("dl")?.remove();
    };
    button.onclick = () => {
      if (!this.open.delete(key)) this.open.add(key);
      show();
    };
    show();
    return out;
  }
}

// What happened does not change any more.
function keyOf({ fingerprint, at, kind }: Transition): string {
  return `${fingerprint} ${at} ${kind}`;
}

function toneOf(line: Transition): Tone {
  return line.kind === "firing" ? toneOfSeverity(line.labels.severity) : "ok";
}

function details({ labels, annotations }: Transition): HTMLElement {
  const list = made("dl", "");
  for (const [name, value] of [...Object.entries(labels), ...Object.entries(annotations)]) {
    const row = made("div", "");
    row.append(made("dt", "", name), made("dd", "", value));
    list.append(row);
  }
  return list;
}

function made<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
  const out = document.createElement(tag);
  if (className !== "") out.className = className;
  if (text !== "") out.textContent = text;
  return out;
}
