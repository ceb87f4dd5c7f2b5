// The marks of a board: its annotation queries and the server's own list, asked at the pace of people.
import { useCallback, useEffect, useMemo, useState } from "react";
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
import type { Interval } from "../../time/range";
import type { MovingRange } from "../../time/range";
import { alignSeries } from "../data/prometheus_frames";
import { MarkList } from "../../panels/marks/mark_list";
import { rangeScope } from "./moving_range";
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

// The lists that the server has, by tags or whole.
function serverLists(board: Board): AnnotationJson[] {
  return board.annotations.list.filter((json) => markQuestion(json).kind === "server");
}

function isTagged(tags: readonly string[], { tags: wanted, matchAny }: { tags: readonly string[]; matchAny: boolean }): boolean {
  return matchAny ? wanted.some((tag) => tags.includes(tag)) : wanted.every((tag) => tags.includes(tag));
}

/** The marks of a range: `said` is the first failure. A list that fails has those that it had before, in `kept`. */
async function marksOf(board: Board, off: ReadonlySet<string>, scope: Scope, interval: Interval, kept: Map<string, Mark[]>, options: { signal: AbortSignal }): Promise<{ marks: Mark[]; said: string | undefined }> {
  const asked = board.annotations.list.map((json) => ({ json, question: markQuestion(json) }));
  const server = serverLists(board);
  const byTags = asked.flatMap(({ json, question }) => (question.kind === "server" && isByTags(question) ? [{ json, ...question, tags: question.tags.map((tag) => interpolate(tag, scope)) }] : []));
  const step = Math.max(1, roundStep((Math.round(interval.to - interval.from) * 1000) / 400) / 1000);
  let said: string | undefined;
  const of = async (key: string, name: string, ask: () => Promise<Mark[]>): Promise<Mark[]> => {
    if (off.has(name)) return [];
    try {
      const found = await ask();
      if (!options.signal.aborted) kept.set(key, found);
      return found;
    } catch (failure) {
      if (!isAbort(failure)) said ??= `${name}: ${failure instanceof Error ? failure.message : String(failure)}`;
      return kept.get(key) ?? [];
    }
  };
  const changes = theChanges(server);
  const name = changes?.name ?? CHANGES;
  const all = await Promise.all([
    ...asked.map(({ json, question }, i) =>
      question.kind !== "query"
        ? []
        : of(`query ${i}`, json.name, async () => {
            const used = Math.max(question.step, step);
            const found = await rangeQuery(interpolate(question.expr, scope, "promql"), Math.floor(interval.from / used) * used, Math.floor(interval.to / used) * used, used, options);
            return marksOfSeries(json, alignSeries(found.series), used);
          }),
    ),
    // By tags, whichever board they were set on.
    ...byTags.map(({ json, tags, matchAny, limit }, i) =>
      of(`tags ${i}`, json.name, async () => marksOfServer(await annotations(interval.from * 1000, interval.to * 1000, options, { tags, matchAny, limit }), json.name, cssColor(json.iconColor))),
    ),
    of("changes", name, async () => {
      const found = await annotations(interval.from * 1000, interval.to * 1000, options);
      // Those of another board stay there; those of none are everybody's. What another list of the board names by its
      // tags is that one's, to show or not.
      const left = found.filter((a) => {
        const { dashboardUID, tags } = objectOf(a);
        return [undefined, "", board.uid].includes(dashboardUID as string | undefined) && !byTags.some((list) => isTagged(textsOf(tags), list));
      });
      return marksOfServer(left, name, cssColor(changes?.iconColor ?? "purple"));
    }),
  ]);
  return { marks: all.flat().sort((a, b) => a.from - b.from), said };
}

const PACE = 15; // seconds between questions while the range goes on

export function useMarks(board: Board, scope: Scope, range: MovingRange): BoardMarks {
  const [marks] = useState(() => new MarkList());
  const [error, setError] = useState<string | undefined>();
  const [off, setOff] = useState<ReadonlySet<string>>(() => new Set(board.annotations.list.filter((a) => !a.enable).map((a) => a.name)));
  const [round, setRound] = useState(0);
  useTopic("annotations", () => setRound((n) => n + 1));
  const server = useMemo(() => serverLists(board), [board.annotations.list]);
  // What the lists of these questions said last.
  const kept = useMemo(() => new Map<string, Mark[]>(), [board.annotations.list, board.uid, scope]);
  // The board is not rendered while only its range goes on, nor for marks, nor for the same failure once more.
  useEffect(() => {
    let abort: AbortController | undefined;
    let asked: string;
    let told: string | undefined;
    const ask = () => {
      const interval = range.now();
      const next = `${Math.floor(interval.to / PACE)} ${Math.round(interval.to - interval.from)}`;
      if (next === asked) return;
      asked = next;
      abort?.abort();
      const own = (abort = new AbortController());
      void marksOf(board, off, rangeScope(scope, interval), interval, kept, { signal: own.signal }).then((found) => {
        if (own.signal.aborted) return;
        marks.set(found.marks);
        if (told !== found.said) setError((told = found.said));
      });
    };
    told = error;
    ask();
    const stop = range.watch(ask);
    return () => {
      stop();
      abort?.abort();
    };
  }, [board.annotations.list, board.uid, scope, off, round, range]);
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
