// A frozen board: one HTML file without script that opens anywhere, also offline. Pictures of canvases, texts,
// styles and the values themselves (as JSON in the page) are inside.

export interface SnapshotInput {
  board: HTMLElement;
  title: string;
  range: string; // as people read it
  made: string;
  data: unknown;
}

const REMOVED = ".panel-menu, .move-handle, .resize-handle, .plot-tip, .asking, .table-tools, script";

export function snapshotHtml({ board, title, range, made, data }: SnapshotInput): string {
  const copy = board.cloneNode(true) as HTMLElement;
  const [from, to] = [board.querySelectorAll("canvas"), copy.querySelectorAll("canvas")];
  from.forEach((canvas, i) => {
    const picture = document.createElement("img");
    picture.alt = canvas.getAttribute("aria-label") ?? "";
    if (canvas.width > 0 && canvas.height > 0) picture.src = canvas.toDataURL("image/png");
    picture.setAttribute("style", `${canvas.getAttribute("style") ?? ""};width:${canvas.clientWidth}px;height:${canvas.clientHeight}px`);
    picture.className = canvas.className;
    to[i]!.replaceWith(picture);
  });
  // Rows beyond those that are here have no room to scroll through.
  copy.querySelectorAll(".table-body > table > tbody > tr[aria-hidden]").forEach((row) => row.remove());
  copy.querySelectorAll(REMOVED).forEach((node) => node.remove());
  // Nothing in a frozen page can be pressed or followed into a server that may not be there.
  copy.querySelectorAll("button").forEach((button) => {
    const plain = document.createElement("span");
    plain.className = button.className;
    plain.append(...button.childNodes);
    button.replaceWith(plain);
  });
  copy.querySelectorAll("a").forEach((link) => link.removeAttribute("href"));
  const page = document.implementation.createHTMLDocument(title);
  page.documentElement.lang = document.documentElement.lang;
  page.documentElement.dataset.theme = document.documentElement.dataset.theme ?? "dark";
  const policy = page.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  const style = page.createElement("style");
  style.textContent = styles() + "\nbody{padding:12px;overflow:auto}.snapshot-head{display:flex;gap:16px;align-items:baseline;margin-bottom:10px}";
  page.head.prepend(charset, policy, style);
  const head = page.createElement("header");
  head.className = "snapshot-head";
  const heading = page.createElement("h1");
  heading.textContent = title;
  const when = page.createElement("span");
  when.className = "dim num";
  when.textContent = `${range} · ${made}`;
  head.append(heading, when);
  const values = page.createElement("script");
  values.type = "application/json";
  values.id = "data";
  values.textContent = JSON.stringify(data).replace(/</g, "\\u003c");
  copy.style.width = `${board.clientWidth}px`;
  page.body.append(head, page.importNode(copy, true), values);
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}

function styles(): string {
  const out: string[] = [];
  for (const sheet of document.styleSheets) {
    try {
      for (const rule of sheet.cssRules) if (!/@import|url\((?!["']?data:)/.test(rule.cssText)) out.push(rule.cssText);
    } catch {
      // A sheet of another origin (an extension's) is not ours to copy.
    }
  }
  return out.join("\n").replace(/<\/style/gi, "<\\/style");
}
