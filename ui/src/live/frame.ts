// The newest points of one query: a row of times shared by all its series and a row of values for each,
// in arrays of fixed length that are moved with copyWithin. NaN stands where a series has no sample.
import type { LabelSet } from "../api/prometheus";
import type { HistogramJson, HistogramRow } from "./protocol";

export interface FrameSeries {
  metric: LabelSet;
  /** As long as the frame's times. */
  values: Float64Array;
  /** As long, of a series that has histograms; there is no number where one is. */
  histograms?: HistogramRow;
}

interface Row {
  metric: LabelSet;
  values: Float64Array;
  histograms?: HistogramRow;
  last: number; // when the server named it last, be it with no number
}

const SLACK = 64;

export class Frame {
  private capacity: number;
  private time: Float64Array;
  private rows = new Map<number, Row>();
  private begin = 0;
  private end = 0;
  /** Grows with every change: what a component compares. */
  version = 0;
  /** Grows when series come or go. */
  shape = 0;

  constructor(
    readonly step: number,
    readonly range: number,
  ) {
    this.capacity = Math.max(1, Math.floor(range / step) + 1);
    this.time = new Float64Array(this.capacity + SLACK);
  }

  get length(): number {
    return this.end - this.begin;
  }
  get lastTime(): number {
    return this.length ? this.time[this.end - 1]! : NaN;
  }

  /** Everything anew: one value per step from `start`. */
  reset(start: number, series: readonly (readonly [number, LabelSet, ArrayLike<number>])[], count: number, histograms: readonly (readonly [number, HistogramRow])[] = []): void {
    const kept = Math.min(count, this.capacity);
    const skipped = count - kept;
    this.begin = 0;
    this.end = kept;
    for (let i = 0; i < kept; i++) this.time[i] = start + (skipped + i) * this.step;
    this.rows = new Map(
      series.map(([index, metric, values]) => {
        const row = new Float64Array(this.time.length).fill(NaN);
        for (let i = 0; i < kept; i++) row[i] = values[skipped + i] ?? NaN;
        return [index, { metric, values: row, last: kept > 0 ? start + (count - 1) * this.step : -Infinity }];
      }),
    );
    for (const [index, given] of histograms) {
      const row = this.rows.get(index);
      if (row) row.histograms = Array.from({ length: this.time.length }, (_, i) => (i < kept ? (given[skipped + i] ?? null) : null));
    }
    this.version++;
    this.shape++;
  }

  /** One more step; series that are not named have no sample there. */
  tick(time: number, indexes: ArrayLike<number>, values: ArrayLike<number>, fresh: readonly (readonly [number, LabelSet])[], histograms: readonly (readonly [number, HistogramJson])[] = []): void {
    if (this.length && time < this.lastTime) return;
    if (!this.length || time > this.lastTime) this.advance(time);
    for (const [index, metric] of fresh) {
      this.rows.set(index, { metric, values: new Float64Array(this.time.length).fill(NaN), last: time });
      this.shape++;
    }
    for (let i = 0; i < indexes.length; i++) {
      const row = this.rows.get(indexes[i]!);
      if (!row) continue;
      row.values[this.end - 1] = values[i]!;
      row.last = time;
    }
    for (const [index, histogram] of histograms) {
      const row = this.rows.get(index);
      if (!row) continue;
      row.histograms ??= new Array<HistogramJson | null>(this.time.length).fill(null);
      row.histograms[this.end - 1] = histogram;
      row.last = time;
    }
    this.version++;
  }

  private advance(time: number): void {
    if (this.end === this.time.length) {
      const from = this.end - this.capacity + 1;
      const newest = this.lastTime; // of the last tick: the stream may have stood still since
      this.time.copyWithin(0, from, this.end);
      for (const row of this.rows.values()) {
        row.values.copyWithin(0, from, this.end);
        row.histograms?.copyWithin(0, from, this.end);
      }
      this.begin = 0;
      this.end = this.capacity - 1;
      // A series of which nothing is left in the frame is forgotten, as the server does, which names it anew when it comes back. What has
      // no number at its points is there all the same: the server says nothing but its index for ever.
      for (const [index, { last }] of this.rows) {
        if (newest - last <= Math.max(this.range, this.step) + this.step) continue;
        this.rows.delete(index);
        this.shape++;
      }
    }
    this.time[this.end] = time;
    for (const row of this.rows.values()) {
      row.values[this.end] = NaN;
      if (row.histograms) row.histograms[this.end] = null;
    }
    this.end++;
    if (this.length > this.capacity) this.begin = this.end - this.capacity;
  }

  /** Views, not copies: good until the next tick. */
  times(): Float64Array {
    return this.time.subarray(this.begin, this.end);
  }
  series(): FrameSeries[] {
    return [...this.rows.values()].map(({ metric, values, histograms }) => {
      const out: FrameSeries = { metric, values: values.subarray(this.begin, this.end) };
      if (histograms) out.histograms = histograms.slice(this.begin, this.end);
      return out;
    });
  }
  /** For a reader that joins late: copies, with the indexes ticks will name. */
  snapshot(): { start: number; count: number; series: [number, LabelSet, Float64Array][]; histograms?: [number, HistogramRow][] } {
    const histograms = [...this.rows].flatMap(([index, row]): [number, HistogramRow][] => (row.histograms ? [[index, row.histograms.slice(this.begin, this.end)]] : []));
    return {
      start: this.length ? this.time[this.begin]! : 0,
      count: this.length,
      series: [...this.rows].map(([index, { metric, values }]) => [index, metric, values.slice(this.begin, this.end)]),
      ...(histograms.length > 0 ? { histograms } : {}),
    };
  }
}
