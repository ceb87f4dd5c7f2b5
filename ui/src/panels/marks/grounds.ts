// The grounds of marks: where many of one colour overlap, as in a storm of alerts, they are one ground and not a
// wall in front of the lines.
import type { Mark } from "./marks";

export interface Ground {
  from: number; // Unix seconds
  to: number;
  color: string;
}

const known = new WeakMap<readonly Mark[], Ground[]>();

export function groundsOf(marks: readonly Mark[]): readonly Ground[] {
  let grounds = known.get(marks);
  if (grounds === undefined) known.set(marks, (grounds = united(marks)));
  return grounds;
}

function united(marks: readonly Mark[]): Ground[] {
  const out: Ground[] = [];
  const newest = new Map<string, Ground>();
  for (const { from, to, color } of marks.filter((mark) => mark.to > mark.from).sort((a, b) => a.from - b.from)) {
    const before = newest.get(color);
    if (before !== undefined && from <= before.to) {
      before.to = Math.max(before.to, to);
      continue;
    }
    const ground = { from, to, color };
    newest.set(color, ground);
    out.push(ground);
  }
  return out;
}
