// Graphs that share a cursor with the one that is pointed at. After ticks each has to hear what it shows before it can follow, and is
// drawn with that: one after the other, some in each frame, so that the pointer does not wait for a board full of them.
const FRAME_MS = 8; // of a frame that they may take

const waiting = new Map<object, () => void>();
let asked = false;

/** Calls `follow` in one of the next frames; of several of one graph, the last. */
export function followSoon(graph: object, follow: () => void): void {
  waiting.set(graph, follow);
  ask();
}

export function followNoMore(graph: object): void {
  waiting.delete(graph);
}

function ask(): void {
  if (asked || waiting.size === 0) return;
  asked = true;
  requestAnimationFrame(run);
}

function run(): void {
  asked = false;
  const end = performance.now() + FRAME_MS;
  for (const [graph, follow] of waiting) {
    waiting.delete(graph);
    follow();
    if (performance.now() >= end) break;
  }
  ask();
}
