// Draws the axes of a graph: the grid, the marks below the plot, texts and labels.
import { cssColor as themed } from "../../charts/colors";
import { fontOf, LABEL_PX, type ValueAxis } from "./axes";
import type { Scene } from "./scene";

const TICK_PX = 4;
const GAP_PX = { below: 3, beside: 5 };

export function drawAxes(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { ratio, bottom, sides } = scene;
  pen.lineWidth = ratio;
  pen.strokeStyle = themed("var(--grid)");
  drawUprights(pen, scene);
  const first = sides[0];
  if (first !== undefined && first.of.grid) drawLevels(pen, scene, first);
  pen.fillStyle = themed("var(--dim)");
  pen.font = fontOf(ratio);
  drawPlaces(pen, scene);
  pen.textBaseline = "middle";
  let left = scene.room.left * ratio;
  let right = (scene.width - scene.room.right) * ratio;
  for (const side of sides) {
    const onRight = side.of.side === "right";
    drawValues(pen, scene, side, onRight ? right : left, onRight);
    if (onRight) right += side.room * ratio;
    else left -= side.room * ratio;
  }
  if (bottom.over !== undefined && !bottom.over.hidden && bottom.over.label !== "") drawLabelBelow(pen, scene, bottom.over.label);
}

// A line as wide as a pixel is sharp in its middle.
function sharp(at: number, ratio: number): number {
  return Math.round(at) + (Math.round(ratio) % 2) / 2;
}

function drawUprights(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { box, bottom, ratio } = scene;
  const { lines } = bottom.marks;
  const base = Math.round(box.top + box.height);
  const withGrid = bottom.over?.grid !== false;
  pen.beginPath();
  for (let i = 0; i < lines.length; i++) {
    const x = sharp(scene.x(lines[i]!), ratio);
    pen.moveTo(x, withGrid ? box.top : base);
    pen.lineTo(x, base + TICK_PX * ratio);
  }
  pen.stroke();
}

function drawLevels(pen: CanvasRenderingContext2D, scene: Scene, { of, marks: { lines } }: ValueAxis): void {
  const { box, ratio } = scene;
  pen.beginPath();
  for (let i = 0; i < lines.length; i++) {
    const y = sharp(scene.y(of.key, lines[i]!), ratio);
    pen.moveTo(box.left, y);
    pen.lineTo(box.left + box.width, y);
  }
  pen.stroke();
}

function drawPlaces(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { box, bottom, ratio } = scene;
  const { named, texts } = bottom.marks;
  const y = Math.round(box.top + box.height) + Math.round((TICK_PX + GAP_PX.below) * ratio);
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (let i = 0; i < named.length; i++) if (bottom.shown[i]) pen.fillText(texts[i]!, Math.round(scene.x(named[i]!)), y);
}

function drawValues(pen: CanvasRenderingContext2D, scene: Scene, { of, marks, width }: ValueAxis, at: number, onRight: boolean): void {
  const { ratio } = scene;
  const { named, texts } = marks;
  const x = Math.round(at) + (onRight ? GAP_PX.beside : -GAP_PX.beside) * ratio;
  pen.textAlign = onRight ? "left" : "right";
  for (let i = 0; i < named.length; i++) pen.fillText(texts[i]!, x, Math.round(scene.y(of.key, named[i]!)));
  if (of.label !== "") drawLabelBeside(pen, scene, of.label, at + (onRight ? width : -width) * ratio, onRight);
}

// Upwards on the left, downwards on the right: its foot towards the plot.
function drawLabelBeside(pen: CanvasRenderingContext2D, { box }: Scene, label: string, at: number, onRight: boolean): void {
  pen.save();
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.translate(Math.round(at), Math.round(box.top + box.height / 2));
  pen.rotate(((onRight ? 1 : -1) * Math.PI) / 2);
  pen.fillText(label, 0, 0);
  pen.restore();
}

function drawLabelBelow(pen: CanvasRenderingContext2D, { box, height, ratio }: Scene, label: string): void {
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.fillText(label, Math.round(box.left + box.width / 2), Math.round((height - LABEL_PX.below) * ratio));
}
