// What a canvas shows, as numbers. A picture cannot be read: the element that holds it tells what is drawn there,
// unrounded, and tests hold that against the API's answer. Costs nothing until somebody asks.

export interface Drawn {
  /** Unix seconds; empty where a picture has no axis of time. */
  times: ArrayLike<number>;
  rows: readonly { name: string; values: ArrayLike<number> }[];
}

export function tellDrawn<T = Drawn>(element: Element | null, drawn: () => T): void {
  if (element) (element as Element & { drawn?: () => T }).drawn = drawn;
}

/** Sets a size that differs only: setting any makes a new canvas of it, for which the browser puts all layers together anew. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** A pen on an empty canvas of so many CSS pixels, set for small texts beside their points. */
export function penOn(canvas: HTMLCanvasElement | null, width: number, height: number): CanvasRenderingContext2D | null {
  const pen = canvas?.getContext("2d");
  if (!canvas || !pen) return null;
  const ratio = devicePixelRatio || 1;
  fitCanvas(canvas, Math.round(width * ratio), Math.round(height * ratio));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  return pen;
}
