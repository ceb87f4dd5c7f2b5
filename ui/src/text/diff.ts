// Lines that went and came between two texts: longest common subsequence after what is equal at both ends.
export interface DiffLine {
  kind: "same" | "gone" | "come";
  text: string;
}

/** Beyond so many cells the middle is shown as wholly replaced. */
const CELLS_MAX = 4_000_000;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(head, a.length - tail);
  const right = b.slice(head, b.length - tail);
  const out: DiffLine[] = a.slice(0, head).map((text) => ({ kind: "same", text }));
  if (left.length * right.length > CELLS_MAX) {
    out.push(...left.map((text): DiffLine => ({ kind: "gone", text })), ...right.map((text): DiffLine => ({ kind: "come", text })));
  } else {
    const width = right.length + 1;
    const best = new Uint32Array((left.length + 1) * width);
    for (let i = left.length - 1; i >= 0; i--)
      for (let j = right.length - 1; j >= 0; j--)
        best[i * width + j] = left[i] === right[j] ? best[(i + 1) * width + j + 1]! + 1 : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    let i = 0;
    let j = 0;
    while (i < left.length || j < right.length) {
      if (i < left.length && j < right.length && left[i] === right[j]) {
        out.push({ kind: "same", text: left[i]! });
        i++;
        j++;
      } else if (i < left.length && (j === right.length || best[(i + 1) * width + j]! >= best[i * width + j + 1]!)) out.push({ kind: "gone", text: left[i++]! });
      else out.push({ kind: "come", text: right[j++]! });
    }
  }
  out.push(...a.slice(a.length - tail).map((text): DiffLine => ({ kind: "same", text })));
  return out;
}

/** Only what changed, with a few lines around it. */
export function hunks(lines: readonly DiffLine[], around = 3): (DiffLine | "…")[] {
  const keep = new Uint8Array(lines.length);
  lines.forEach(({ kind }, i) => {
    if (kind !== "same") keep.fill(1, Math.max(0, i - around), Math.min(lines.length, i + around + 1));
  });
  const out: (DiffLine | "…")[] = [];
  lines.forEach((line, i) => {
    if (keep[i]) out.push(line);
    else if (out.length && out[out.length - 1] !== "…") out.push("…");
    else if (!out.length) out.push("…");
  });
  return out.some((line) => line !== "…") ? out : [];
}
