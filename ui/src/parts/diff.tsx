// What went and what came between two texts.
import { useMemo } from "react";
import { diffLines, hunks } from "../text/diff";

export function Diff({ before, after, same }: { before: string; after: string; same: string }) {
  const changed = useMemo(() => hunks(diffLines(before, after)), [before, after]);
  if (changed.length === 0) return <p className="dim">{same}</p>;
  return (
    <pre className="diff" tabIndex={0}>
      {changed.map((line, i) =>
        line === "…" ? (
          <div key={i} className="dim">
            …
          </div>
        ) : (
          <div key={i} className={line.kind}>
            {line.kind === "gone" ? "− " : line.kind === "come" ? "+ " : "  "}
            {line.text}
          </div>
        ),
      )}
    </pre>
  );
}
