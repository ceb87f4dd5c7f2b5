// A panel as it stands on the screen → SVG: its texts as texts, its boxes as rectangles, drawings inside as they
// are, canvases as pictures. Works for every panel, and needs nothing from outside.

const SVG = "http://www.w3.org/2000/svg";
const SKIPPED = ".panel-menu, .move-handle, .plot-tip, .unseen, .asking, select, input";

export function panelSvg(element: HTMLElement): string {
  const box = element.getBoundingClientRect();
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("xmlns", SVG);
  root.setAttribute("width", String(Math.round(box.width)));
  root.setAttribute("height", String(Math.round(box.height)));
  root.setAttribute("viewBox", `0 0 ${Math.round(box.width)} ${Math.round(box.height)}`);
  walk(element, root, box, box);
  return new XMLSerializer().serializeToString(root);
}

function set(node: Element, attributes: Record<string, string | number>): Element {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  return node;
}

interface Edges {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function within(a: Edges, b: Edges): Edges {
  return { left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) };
}

// `clip`: what is not cut off or scrolled away, of all that the element is in.
function walk(element: Element, out: Element, box: DOMRect, clip: Edges): void {
  if (element.matches(SKIPPED)) return;
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return;
  const rect = element.getBoundingClientRect();
  if (rect.width === 0 && rect.height === 0) return;
  const seen = within(rect, clip);
  const away = seen.left >= seen.right || seen.top >= seen.bottom;
  const [x, y] = [rect.left - box.left, rect.top - box.top];
  if (away && element.matches("img, canvas, svg")) return;
  if (element instanceof HTMLImageElement) {
    if (element.src.startsWith("data:")) out.append(set(document.createElementNS(SVG, "image"), { x, y, width: rect.width, height: rect.height, href: element.src }));
    return;
  }
  if (element instanceof HTMLCanvasElement) {
    if (element.width > 0 && element.height > 0) out.append(set(document.createElementNS(SVG, "image"), { x, y, width: rect.width, height: rect.height, href: element.toDataURL("image/png") }));
    return;
  }
  if (element instanceof SVGSVGElement) {
    const copy = element.cloneNode(true) as SVGSVGElement;
    inlineStyles(element, copy);
    out.append(set(copy, { x, y, width: rect.width, height: rect.height }));
    return;
  }
  const background = style.backgroundImage !== "none" ? firstColor(style.backgroundImage) : style.backgroundColor;
  if (!away && background !== undefined && !/rgba\(.*, 0\)|transparent/.test(background)) {
    const size = { x: seen.left - box.left, y: seen.top - box.top, width: seen.right - seen.left, height: seen.bottom - seen.top };
    const shape = set(document.createElementNS(SVG, "rect"), { ...size, fill: background, rx: parseFloat(style.borderTopLeftRadius) || 0 });
    if (parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0) set(shape, { stroke: style.borderTopColor });
    out.append(shape);
  }
  const inner = style.overflowX === "visible" ? clip : seen;
  for (const child of element.childNodes) {
    if (child instanceof Element) walk(child, out, box, inner);
    else if (child instanceof Text && child.data.trim() !== "") text(child, style, out, box, { ...inner, left: seen.left, right: seen.right });
  }
}

function firstColor(gradient: string): string | undefined {
  return /rgba?\([^)]*\)|#[0-9a-f]{3,8}/i.exec(gradient)?.[0];
}

function text(node: Text, style: CSSStyleDeclaration, out: Element, box: DOMRect, clip: Edges): void {
  const range = document.createRange();
  range.selectNodeContents(node);
  const rects = [...range.getClientRects()];
  const first = rects[0];
  if (first === undefined || first.left > clip.right + 1 || first.top + first.height / 2 < clip.top || first.top + first.height / 2 > clip.bottom) return;
  const size = parseFloat(style.fontSize);
  // One line of text; what is cut with an ellipsis on the screen is cut here.
  const most = Math.max(1, Math.floor(((clip.right - first.left) / Math.max(1, first.width)) * node.data.length));
  const content = rects.length === 1 && first.right > clip.right + 1 ? `${node.data.slice(0, Math.max(1, most - 1))}…` : node.data.replace(/\s+/g, " ");
  const element = set(document.createElementNS(SVG, "text"), {
    x: first.left - box.left, y: first.top - box.top + first.height / 2 + size * 0.35, fill: style.color, "font-size": size, "font-weight": style.fontWeight, "font-family": style.fontFamily.replace(/"/g, "'"),
  });
  element.textContent = content;
  out.append(element);
}

const KEPT = ["fill", "stroke", "stroke-width", "font-size", "font-weight", "font-family", "opacity", "text-anchor"];

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of KEPT) {
    const value = style.getPropertyValue(name);
    if (value !== "") to.setAttribute(name, value.replace(/"/g, "'"));
  }
  to.removeAttribute("class");
  const [given, copies] = [from.children, to.children];
  for (let i = 0; i < given.length; i++) inlineStyles(given[i]!, copies[i]!);
}

export async function panelPng(element: HTMLElement, scale = 2): Promise<Blob> {
  const svg = panelSvg(element);
  const box = element.getBoundingClientRect();
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(box.width * scale);
  canvas.height = Math.round(box.height * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser draws no canvas");
  pen.scale(scale, scale);
  pen.drawImage(picture, 0, 0, box.width, box.height);
  return await new Promise((done, failed) => canvas.toBlob((blob) => (blob === null ? failed(new Error("the picture is too large")) : done(blob)), "image/png"));
}
