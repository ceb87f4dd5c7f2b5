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
