// Server-sent events out of a fetch: EventSource cannot post a body. Lines may be cut anywhere.
export interface SseEvent {
  event: string;
  data: string;
  id: string;
}

const LINE_MAX = 64 << 20;

export class SseParser {
  private rest = "";
  private event = "";
  private id = "";
  private data: string[] = [];
  private first = true;

  /** The events that `text` completes. */
  push(text: string): SseEvent[] {
    const out: SseEvent[] = [];
    if (this.first && text !== "") {
      this.first = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const all = this.rest + text;
    let from = 0;
    for (;;) {
      let at = from;
      while (at < all.length && all[at] !== "\n" && all[at] !== "\r") at++;
      // A carriage return at the very end may be half of a pair.
      if (at === all.length || (all[at] === "\r" && at + 1 === all.length)) break;
      this.line(all.slice(from, at), out);
      from = at + (all[at] === "\r" && all[at + 1] === "\n" ? 2 : 1);
    }
    this.rest = all.slice(from);
    if (this.rest.length > LINE_MAX) throw new Error("a line of the live stream is too long");
    return out;
  }

  private line(line: string, out: SseEvent[]) {
    if (line === "") {
      if (this.data.length) out.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
      this.event = "";
      this.data = [];
      return;
    }
    if (line[0] === ":") return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value[0] === " ") value = value.slice(1);
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
  }
}
