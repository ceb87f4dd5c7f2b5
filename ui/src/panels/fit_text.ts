// How large a text may be written to fit into a width, measured as the browser will draw it.
let pen: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

// Ems that a text takes in the interface's bold font.
export function emsOf(text: string): number {
  let ems = known.get(text);
  if (ems !== undefined) return ems;
  if (pen === undefined) pen = typeof document === "undefined" ? null : (document.createElement("canvas").getContext("2d") ?? null);
  if (pen) pen.font = "650 100px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
  const measured = pen?.measureText?.(text)?.width;
  ems = measured === undefined || !(measured > 0) ? text.length * 0.64 : measured / 100;
  if (known.size > 2000) known.clear();
  known.set(text, ems);
  return ems;
}

export function fitSize(ems: number, width: number, height: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, height, width / Math.max(0.5, ems)));
}
