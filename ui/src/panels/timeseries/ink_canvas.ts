// The canvas on which strokes are made before they are laid over a graph: one for all graphs, kept in main memory.
import { inkStrokes, type Color, type Stroke } from "./ink";

let shared: CanvasRenderingContext2D | null | undefined;
let image: ImageData | undefined;
const colors = new Map<string, Color>();

function sheet(): CanvasRenderingContext2D | null {
  shared ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  return shared;
}

// Any CSS colour, as the browser understands it.
export function colorOf(css: string): Color {
  let found = colors.get(css);
  if (found === undefined) {
    const pen = sheet();
    if (pen === null) return [0, 0, 0, 0];
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = "#000";
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
    found = [red, green, blue, alpha];
    if (colors.size > 500) colors.clear();
    colors.set(css, found);
  }
  return found;
}

export function layStrokes(to: CanvasRenderingContext2D, strokes: readonly Stroke[], box: { left: number; top: number; width: number; height: number }): void {
  const pen = sheet();
  const { width, height } = box;
  if (pen === null || !(width > 0) || !(height > 0)) return;
  if (image?.width !== width || image.height !== height) image = new ImageData(width, height);
  else image.data.fill(0);
  const [first, last] = inkStrokes(strokes, new Uint32Array(image.data.buffer), width, height);
  if (!(first < last)) return;
  const { canvas } = pen;
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
  pen.putImageData(image, 0, 0, 0, first, width, last - first);
  to.drawImage(canvas, 0, first, width, last - first, box.left, box.top + first, width, last - first);
}
