// The marks of a board: its annotation queries and the server's own list, asked at the pace of people.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { annotations } from "../../api/dashboards";
import { isAbort } from "../../api/client";
import { rangeQuery } from "../../api/prometheus";
import { useTopic } from "../../live/live";
import { cssColor } from "../field/colors";
import type { AnnotationJson, Board } from "../model/board";
import { interpolate } from "../model/interpolate";
import { roundStep } from "../model/intervals";
import { objectOf, textsOf } from "../model/json";
import type { Scope } from "../model/scope";
import { alignSeries } from "../data/prometheus_frames";
import { MarkList } from "../../panels/marks/mark_list";
import { markQuestion, marksOfSeries, marksOfServer, type Mark } from "../../panels/marks/marks";

export const CHANGES = "Changes"; // events posted by API: deployments, configuration, rollouts

export interface BoardMarks {
  marks: MarkList;
  names: { name: string; color: string; on: boolean }[];
  toggle: (name: string) => void;
  error: string | undefined;
  /** Asks now: after a change that was made here. */
  again: () => void;
}

function isByTags({ type, tags }: { type: string; tags: readonly string[] }): boolean {
  return type === "tags" && tags.length > 0;
}

// The list that stands for everything posted: the built-in one, or one that asks for the board's own.
function theChanges(server: readonly AnnotationJson[]): AnnotationJson | undefined {
  const whole = server.filter((json) => {
    const question = markQuestion(json);
    return question.kind === "server" && !isByTags(question);
  });
  return whole.find((json) => json.builtIn === 1) ?? whole[0];
}

function isTagged(tags: readonly string[], { tags: wanted, matchAny }: { tags: readonly string[]; matchAny: boolean }): boolean {
  return matchAny ? wanted.some((tag) => tags.includes(tag)) : wanted.every((tag) => tags.includes(tag));
}

export function useMarks(board: Board, scope: Scope, interval: { from: number; to: number }): BoardMarks {
  const [marks] = useState(() => new MarkList());
  const [error, setError] = useState<string | undefined>();
  const said = useRef<string | undefined>(undefined);
  const [off, setOff] = useState<ReadonlySet<string>>(() => new Set(board.annotations.list.filter((a) => !a.enable).map((a) => a.name)));
  const [round, setRound] = useState(0);
  useTopic("annotations", () => setRound((n) => n + 1));
  const queries = useMemo(
    () => board.annotations.list.map((json) => ({ json, question: markQuestion(json) })).filter(({ question }) => question.kind === "query"),
    [board.annotations.list],
  );
  const server = useMemo(() => board.annotations.list.filter((json) => markQuestion(json).kind === "server"), [board.annotations.list]);
  const byTags = server.flatMap((json) => {
    const question = markQuestion(json);
    return question.kind === "server" && isByTags(question) ? [{ json, ...question, tags: question.tags.map((tag) => interpolate(tag, scope)) }] : [];
  });
  const exprs = queries.filter(({ json }) => !off.has(json.name)).map(({ json, question }) => ({ json, expr: question.kind === "query" ? interpolate(question.expr, scope, "promql") : "", own: question.kind === "query" ? question.step : 0 }));
  const bucket = Math.floor(interval.to / 15);
  const width = Math.round(interval.to - interval.from);
  const key = JSON.stringify([exprs.map(({ expr, own }) => [expr, own]), byTags.map(({ tags, matchAny, limit }) => [tags, matchAny, limit]), bucket, width, round, [...off], board.uid]);
  useEffect(() => {
    const abort = new AbortController();
    const step = Math.max(1, roundStep((width * 1000) / 400) / 1000);
    const options = { signal: abort.signal };
    const failures: string[] = [];
    const of = async (name: string, question: () => Promise<Mark[]>): Promise<Mark[]> => {
      try {
        return await question();
      } catch (failure) {
        if (!isAbort(failure)) failures.push(`${name}: ${failure instanceof Error ? failure.message : String(failure)}`);
        return [];
      }
    };
    const changes = theChanges(server);
    const color = cssColor(changes?.iconColor ?? "purple");
    const name = changes?.name ?? CHANGES;
    void Promise.all([
      ...exprs.map(({ json, expr, own }) =>
        of(json.name, async () => {
          const used = Math.max(own, step);
          const found = await rangeQuery(expr, Math.floor(interval.from / used) * used, Math.floor(interval.to / used) * used, used, options);
          return marksOfSeries(json, alignSeries(found.series), used);
        }),
      ),
      // By tags, whichever board they were set on.
      ...byTags.filter(({ json }) => !off.has(json.name)).map(({ json, tags, matchAny, limit }) =>
        of(json.name, async () => marksOfServer(await annotations(interval.from * 1000, interval.to * 1000, options, { tags, matchAny, limit }), json.name, cssColor(json.iconColor))),
      ),
      off.has(name)
        ? []
        : of(name, async () => {
            const found = await annotations(interval.from * 1000, interval.to * 1000, options);
            // Those of another board stay there; those of none are everybody's. What another list of the board names by its
            // tags is that one's, to show or not.
            const left = found.filter((a) => {
              const { dashboardUID, tags } = objectOf(a);
              return [undefined, "", board.uid].includes(dashboardUID as string | undefined) && !byTags.some((list) => isTagged(textsOf(tags), list));
            });
            return marksOfServer(left, name, color);
          }),
    ]).then((all) => {
      if (abort.signal.aborted) return;
      marks.set(all.flat().sort((a, b) => a.from - b.from));
      // Of the same said once more React renders the board to find nothing new.
      if (failures[0] !== said.current) setError((said.current = failures[0]));
    });
    return () => abort.abort();
  }, [key]);
  const names = useMemo(() => {
    const listed = board.annotations.list.filter((json) => json.hide !== true && (json.builtIn !== 1 || markQuestion(json).kind !== "none"));
    const all = listed.map((json) => ({ name: json.name, color: cssColor(json.iconColor), on: !off.has(json.name) }));
    if (theChanges(server) === undefined) all.push({ name: CHANGES, color: cssColor("purple"), on: !off.has(CHANGES) });
    return all;
  }, [board.annotations.list, server, off]);
  const toggle = (name: string) =>
    setOff((old) => {
      const next = new Set(old);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const again = useCallback(() => setRound((n) => n + 1), []);
  return { marks, names, toggle, error, again };
}
