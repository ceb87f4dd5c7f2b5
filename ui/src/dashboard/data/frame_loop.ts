// One animation-frame loop for all panels of the page. What asks twice before a frame is drawn once, and a
// frame that has used its time leaves the rest for the next one, so that no task is long.

type Draw = () => void;

const BUDGET_MS = 6; // the browser's own part of the frame, which follows, is twice as long
const waiting = new Set<Draw>();
let running = false;

function run(): void {
  const began = performance.now();
  for (const draw of waiting) {
    waiting.delete(draw);
    try {
      draw();
    } catch (error) {
      console.error(error);
    }
    if (performance.now() - began > BUDGET_MS) break;
  }
  running = waiting.size > 0;
  if (running) requestAnimationFrame(run);
}

export function schedule(draw: Draw): void {
  waiting.add(draw);
  if (running) return;
  running = true;
  requestAnimationFrame(run);
}

export function unschedule(draw: Draw): void {
  waiting.delete(draw);
}
