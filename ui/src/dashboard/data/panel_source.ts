// The data of one panel, kept up to date: live through the page's one stream while the range ends now, asked
// once otherwise. A failure leaves the last data in place and says in a line what happened.
import { flushSync } from "react-dom";
import { ask, isAbort } from "../../api/client";
import { instant, rangeQuery, type LabelSet, type Sample } from "../../api/prometheus";
import type { FrameSeries } from "../../live/frame";
import { follow } from "../../live/live";
import { schedule, unschedule } from "./frame_loop";
import { evaluateExpressions } from "../expressions/evaluate";
import type { Step } from "../model/intervals";
import { alignedTo, type Asking, type Question } from "./panel_query";
import { histogramSeries, liveHistograms } from "./native_histograms";
import { alignSeries, type Aligned } from "./prometheus_frames";

export interface Exemplar {
  time: number; // Unix seconds
  value: number;
  labels: LabelSet;
}

export interface Answer {
  question: Question;
  aligned?: Aligned;
  samples?: Sample[];
  exemplars?: Exemplar[];
  /** The same question some time earlier, moved to now. */
  earlier?: Aligned;
  error?: string | undefined;
  answered: boolean;
  /** Seconds: its rows are those of this step, and one without a row is one at which nothing had a sample. Not known of a live stream, which passes over steps that the server was late for. */
  everyStep?: number | undefined;
}

export interface PanelData {
  answers: Answer[];
  problems: string[];
  warnings: string[];
  step: number; // seconds
  interval: { from: number; to: number };
  version: number;
  /** Grows when series come or go, not with each value. */
  shape: number;
  loaded: boolean;
}

const EMPTY: PanelData = { answers: [], problems: [], warnings: [], step: 15, interval: { from: 0, to: 1 }, version: 0, shape: 0, loaded: false };
const LIVE_POINTS_MAX = 4000;
const EXTRAS_EVERY_MS = 15_000;
const LIVE_STEP_MAX = 60; // beyond that a poll at the refresh is as fresh

export interface SourceOptions {
  live: number; // seconds between values of now, 0: the range is not live
  compare: number; // seconds, 0: nothing
}

export class PanelSource {
  data: PanelData = EMPTY;
  /** The data as it was when more of it changed than values: what a view needs that draws ticks by itself. */
  outline: PanelData = EMPTY;
  /** What the server said, queries that only expressions read included. */
  private raw: Answer[] = [];
  private trouble: string | undefined;
  private asking: Asking | undefined;
  private readers = new Set<() => void>();
  private stops: (() => void)[] = [];
  private abort: AbortController | undefined;
  private visible = false;
  private pending: { asking: Asking; options: SourceOptions } | undefined;
  private key = "";
  private following = false;
  private draws = new Set<() => void>();
  // Rendered at once, so that the loop knows what it has cost.
  private readonly notify = () => {
    flushSync(() => this.readers.forEach((reader) => reader()));
    this.draws.forEach((draw) => draw());
  };

  subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  };
  snapshot = (): PanelData => this.data;
  outlined = (): PanelData => this.outline;

  /** Calls at each tick, in the page's drawing loop, after components have been rendered. */
  onDraw(draw: () => void): () => void {
    this.draws.add(draw);
    return () => void this.draws.delete(draw);
  }

  /** Whether values come by themselves, or there is nothing to ask for. */
  follows(): boolean {
    return this.following;
  }

  /** The intervals the newest question was asked with. */
  step(): Step | undefined {
    return this.asking?.step;
  }

  /** The queries as they were asked, those that only expressions read included. */
  questions(): Question[] {
    return this.raw.map(({ question }) => question);
  }

  // A panel that nobody sees asks nothing; it asks when it comes into view.
  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    if (!visible) return this.stop();
    this.key = "";
    if (this.pending !== undefined) this.ask(this.pending.asking, this.pending.options);
    if (this.data.loaded) schedule(this.notify);
  }

  ask(asking: Asking, options: SourceOptions): void {
    this.pending = { asking, options };
    if (!this.visible) return;
    const live = options.live > 0 && !asking.shifted && asking.questions.every((q) => canLive(q)) && asking.questions.length > 0;
    const key = JSON.stringify([live ? options.live : 0, options.compare, asking.questions.map((q) => [q.refId, q.expr, q.step, q.kind, q.format, q.legendFormat, q.hidden, q.exemplars, live ? Math.round(q.interval.to - q.interval.from) : q.interval]), asking.expressions, asking.table, asking.problems]);
    if (key === this.key) {
      // Live data comes by itself, and the picture ends with it.
      return;
    }
    this.stop();
    this.key = key;
    this.asking = asking;
    this.following = live || asking.questions.length === 0;
    if (live) this.followAll(asking, options);
    else void this.fetchAll(asking, options);
  }

  stop(): void {
    this.abort?.abort();
    this.abort = undefined;
    for (const stop of this.stops) stop();
    this.stops = [];
    unschedule(this.notify);
    this.key = "";
    this.following = false;
  }

  // Answers as panels see them: expressions worked out, and what only they read left out.
  private shown(answers: Answer[], interval: { from: number; to: number }): Answer[] {
    const asking = this.asking;
    if (asking === undefined || asking.expressions.length === 0) return answers;
    const how = { interval, step: asking.step.stepMs / 1000, table: asking.table };
    const made = evaluateExpressions(asking.expressions, answers, how);
    // The comparison with earlier is the same expression of what the queries were then.
    if (answers.some((a) => a.earlier !== undefined)) {
      const past = evaluateExpressions(asking.expressions, answers.map((a) => (a.earlier === undefined ? a : { ...a, aligned: a.earlier })), how);
      made.forEach((answer, i) => {
        const earlier = past[i]?.aligned;
        if (earlier !== undefined) answer.earlier = earlier;
      });
    }
    const place = (answer: Answer) => asking.order.indexOf(answer.question.refId);
    return [...answers.filter(({ question }) => question.hidden !== true), ...made].sort((a, b) => place(a) - place(b));
  }

  private put(given: Partial<PanelData>, reshaped: boolean): void {
    let change = given;
    if (given.answers !== undefined) {
      this.raw = given.answers;
      change = { ...given, answers: this.shown(given.answers, given.interval ?? this.data.interval) };
      // The series of an expression come and go without those of its queries.
      reshaped ||= (this.asking?.expressions.length ?? 0) > 0;
    }
    const before = this.data;
    this.data = { ...before, ...change, version: before.version + 1, shape: before.shape + Number(reshaped) };
    const trouble = errorOf(this.data);
    if (reshaped || this.data.loaded !== before.loaded || this.data.step !== before.step || trouble !== this.trouble) this.outline = this.data;
    this.trouble = trouble;
    schedule(this.notify);
  }

  private followAll(asking: Asking, options: SourceOptions): void {
    const old = this.raw;
    const answers: Answer[] = asking.questions.map((question) => {
      const before = old.find((a) => a.question.refId === question.refId && a.question.expr === question.expr);
      if (before === undefined) return { question, answered: false };
      // What is no longer wanted beside the numbers goes at once.
      const { exemplars, earlier, ...numbers } = before;
      return { ...numbers, question, ...(question.exemplars && exemplars !== undefined ? { exemplars } : {}), ...(options.compare > 0 && earlier !== undefined ? { earlier } : {}) };
    });
    const base = { problems: asking.problems, step: asking.step.stepMs / 1000, interval: asking.interval, warnings: [] };
    if (answers.some((a) => a.answered)) this.outline = this.data = { ...this.data, ...base, answers: this.shown(answers, base.interval) };
    this.raw = answers;
    const shapes = answers.map(() => -1);
    answers.forEach((answer, index) => {
      const { expr, kind, interval } = answer.question;
      const now = kind === "instant";
      const step = now ? Math.min(LIVE_STEP_MAX, Math.max(1, options.live)) : answer.question.step;
      const stop = follow({ expr, step, range: now ? step : interval.to - interval.from }, (live) => {
        answer.error = live.error;
        let reshaped = false;
        if (live.answered) {
          answer.answered = true;
          answer.everyStep = undefined;
          if (now) answer.samples = lastSamples(live.frame.times(), live.frame.series());
          else answer.aligned = alignedFrame(live.frame.times(), live.frame.series());
          reshaped = shapes[index] !== live.frame.shape;
          shapes[index] = live.frame.shape;
        }
        const loaded = answers.every((a) => a.answered || a.error !== undefined);
        // The picture ends with the newest value, not with the page's clock, which beats more slowly.
        const newest = answers.reduce((latest, a) => Math.max(latest, a.aligned?.times[a.aligned.times.length - 1] ?? 0), 0);
        const to = Math.max(newest, Math.min(this.data.interval.to, newest + step));
        const shown = newest === 0 ? asking.interval : { from: to - (interval.to - interval.from), to };
        // Data of before stays on the screen until all of the new is there.
        if (!loaded && this.data.loaded) return;
        this.put({ ...base, interval: shown, answers: [...answers], loaded }, reshaped || this.raw.length !== answers.length);
      });
      this.stops.push(stop);
    });
    const extras = () => void this.fetchExtras(answers, options);
    extras();
    // They are no part of the stream, and the range goes on.
    if (options.compare > 0 || asking.questions.some((question) => question.exemplars)) {
      const timer = setInterval(extras, EXTRAS_EVERY_MS);
      this.stops.push(() => clearInterval(timer));
    }
  }

  private async fetchAll(asking: Asking, options: SourceOptions): Promise<void> {
    const own = (this.abort = new AbortController());
    const warnings = new Set<string>();
    const answers = await Promise.all(asking.questions.map((question) => this.fetchOne(question, own.signal, warnings)));
    if (own.signal.aborted) return;
    for (const answer of answers) {
      if (answer.error === undefined) continue;
      const before = this.raw.find((a) => a.question.refId === answer.question.refId);
      if (before?.answered) Object.assign(answer, { aligned: before.aligned, samples: before.samples, answered: true, everyStep: before.everyStep });
    }
    this.put({ answers, problems: asking.problems, warnings: [...warnings], step: asking.step.stepMs / 1000, interval: asking.interval, loaded: true }, true);
    await this.fetchExtras(answers, options);
  }

  private async fetchOne(question: Question, signal: AbortSignal, warnings: Set<string>): Promise<Answer> {
    try {
      if (question.kind === "instant") return { question, samples: await instant(question.expr, question.interval.to, { signal }), answered: true };
      const { from, to } = alignedTo(question.interval, question.step);
      const answer = await rangeQuery(question.expr, from, to, question.step, { signal });
      for (const warning of answer.warnings) warnings.add(warning);
      const aligned = alignSeries(answer.series.filter((s) => s.times.length > 0));
      const histograms = histogramSeries(answer.series);
      if (histograms.length > 0) aligned.histograms = histograms;
      return { question, aligned, answered: true, everyStep: question.step };
    } catch (error) {
      return { question, error: isAbort(error) ? "" : error instanceof Error ? error.message : String(error), answered: false };
    }
  }

  // Exemplars and the comparison with earlier come after the panel has been drawn.
  private async fetchExtras(answers: Answer[], options: SourceOptions): Promise<void> {
    const own = (this.abort ??= new AbortController());
    await Promise.all(
      answers.map(async (answer) => {
        const question = this.shifted(answer.question, options);
        try {
          if (question.exemplars) answer.exemplars = await exemplarsOf(question, own.signal);
          if (options.compare > 0 && question.kind === "range") {
            const { from, to } = alignedTo(question.interval, question.step);
            const found = await rangeQuery(question.expr, from - options.compare, to - options.compare, question.step, { signal: own.signal });
            const aligned = alignSeries(found.series);
            answer.earlier = { ...aligned, times: aligned.times.map((t) => t + options.compare) };
          }
        } catch {
          // Neither is what the panel is for: it goes without.
        }
      }),
    );
    // Exemplars are drawn with the next tick; what was earlier has series.
    if (!own.signal.aborted && answers.some((a) => a.exemplars !== undefined || a.earlier !== undefined)) this.put(this.asking?.expressions.length === 0 ? {} : { answers }, options.compare > 0);
  }

  // A live range has moved on since it was asked for first.
  private shifted(question: Question, options: SourceOptions): Question {
    const by = options.live > 0 && this.data.loaded ? Math.max(0, this.data.interval.to - question.interval.to) : 0;
    return by === 0 ? question : { ...question, interval: { from: question.interval.from + by, to: question.interval.to + by } };
  }
}

// Histograms beside the numbers; a series that only has histograms is none of numbers.
function alignedFrame(times: Float64Array, series: readonly FrameSeries[]): Aligned {
  if (series.every((one) => one.histograms === undefined)) return { times, series: series as FrameSeries[] };
  const histograms = liveHistograms(times, series);
  return { times, series: series.filter((one) => one.histograms === undefined || one.values.some((value) => !Number.isNaN(value))), ...(histograms.length > 0 ? { histograms } : {}) };
}

// The values of now are the last column.
function lastSamples(times: Float64Array, series: readonly { metric: LabelSet; values: Float64Array }[]): Sample[] {
  const last = times.length - 1;
  return series.flatMap(({ metric, values }) => {
    const value = values[last];
    return value === undefined || Number.isNaN(value) ? [] : [{ metric, time: times[last]!, value, text: String(value) }];
  });
}

function canLive(question: Question): boolean {
  const range = question.interval.to - question.interval.from;
  if (question.kind === "instant") return true;
  return question.step <= LIVE_STEP_MAX && range / question.step <= LIVE_POINTS_MAX;
}

async function exemplarsOf(question: Question, signal: AbortSignal): Promise<Exemplar[]> {
  interface Found {
    seriesLabels: LabelSet;
    exemplars: { labels: LabelSet; value: string; timestamp: number }[];
  }
  const found = await ask<Found[] | undefined>("query_exemplars", { query: question.expr, start: question.interval.from, end: question.interval.to }, { signal, post: "form" });
  return (found ?? [])
    .flatMap((series) => series.exemplars.map((e) => ({ time: e.timestamp, value: Number(e.value), labels: { ...series.seriesLabels, ...e.labels } })))
    .slice(-1000);
}

export function errorOf(data: PanelData): string | undefined {
  const problems = [...data.problems];
  for (const { question, error } of data.answers) if (error) problems.push(data.answers.length > 1 ? `${question.refId}: ${error}` : error);
  return problems.length === 0 ? undefined : problems.join(" · ");
}
