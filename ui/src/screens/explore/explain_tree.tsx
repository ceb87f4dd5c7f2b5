// How a query is put together, step by step, with what each step gives at the end of the range.
import { useEffect, useMemo, useState } from "react";
import { ask } from "../../api/client";
import { instant } from "../../api/prometheus";
import { Trouble } from "../../parts/parts";
import { astOf, type AstNode } from "../../promql/ast";
import { t } from "./messages";

interface Outcome {
  series: number;
  ms: number;
  labels: string[];
}

const STEPS_MAX = 40;

export function ExplainTree({ query, time, onPick }: { query: string; time: number; onPick: (text: string) => void }) {
  const [tree, setTree] = useState<AstNode | undefined>();
  const [error, setError] = useState<string | undefined>();
  useEffect(() => {
    if (query.trim() === "") return setTree(undefined);
    const abort = new AbortController();
    ask<unknown>("parse_query", { query }, { signal: abort.signal, post: "form" }).then(
      (json) => (setTree(astOf(json)), setError(undefined)),
      (failure: unknown) => !abort.signal.aborted && setError(t("noParse", { what: failure instanceof Error ? failure.message : String(failure) })),
    );
    return () => abort.abort();
  }, [query]);
  const order = useMemo(() => {
    const out: AstNode[] = [];
    const visit = (node: AstNode) => {
      node.children.forEach(visit);
      if (node.countable && node.text !== "" && out.length < STEPS_MAX) out.push(node);
    };
    if (tree !== undefined) visit(tree);
    return out;
  }, [tree]);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome | string>>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    setOutcomes(new Map());
    void (async () => {
      // One after the other, from the leaves up: explaining must not be a load of its own.
      for (const node of order) {
        const began = performance.now();
        try {
          const found = await instant(node.text, time, { signal: abort.signal });
          const labels = [...new Set(found.slice(0, 500).flatMap((s) => Object.keys(s.metric)))].filter((l) => l !== "__name__").sort();
          if (abort.signal.aborted) return;
          setOutcomes((old) => new Map(old).set(node.text, { series: found.length, ms: performance.now() - began, labels }));
        } catch (failure) {
          if (abort.signal.aborted) return;
          setOutcomes((old) => new Map(old).set(node.text, failure instanceof Error ? failure.message : String(failure)));
        }
      }
    })();
    return () => abort.abort();
  }, [order, time]);
  return (
    <>
      <Trouble error={error} />
      {tree !== undefined && (
        <ul className="explain" role="tree" aria-label={t("explain")}>
          <Step node={tree} outcomes={outcomes} onPick={onPick} />
        </ul>
      )}
    </>
  );
}

function Step({ node, outcomes, onPick }: { node: AstNode; outcomes: ReadonlyMap<string, Outcome | string>; onPick: (text: string) => void }) {
  const outcome = outcomes.get(node.text);
  return (
    <li role="treeitem" aria-expanded={node.children.length > 0 ? true : undefined} aria-selected={false}>
      <div className="step">
        <button type="button" className="mono" title={node.text} onClick={() => onPick(node.text)} disabled={!node.countable}>
          {node.label}
        </button>
        {typeof outcome === "string" && <span className="tone-critical cut">{outcome}</span>}
        {typeof outcome === "object" && (
          <>
            <span className="chip num" data-value={outcome.series}>{t("seriesCount", { n: outcome.series })}</span>
            <span className="dim num">{t("ms", { n: Math.round(outcome.ms) })}</span>
            <span className="dim mono cut">{outcome.labels.join(" ")}</span>
          </>
        )}
      </div>
      {node.children.length > 0 && (
        <ul role="group">
          {node.children.map((child, i) => (
            <Step key={i} node={child} outcomes={outcomes} onPick={onPick} />
          ))}
        </ul>
      )}
    </li>
  );
}
