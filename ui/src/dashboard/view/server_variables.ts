// Options of variables from the server. Equal questions are asked once within a short time.
import { ask } from "../../api/client";
import { instant } from "../../api/prometheus";
import type { VariableSource } from "../model/variables";
import type { RangeMs } from "../model/scope";

const KEPT_MS = 30_000;
const KEPT_MAX = 200;
const kept = new Map<string, { at: number; answer: Promise<string[]> }>();

function once(key: string, question: () => Promise<string[]>): Promise<string[]> {
  const found = kept.get(key);
  if (found !== undefined && Date.now() - found.at < KEPT_MS) return found.answer;
  if (kept.size >= KEPT_MAX) kept.clear();
  const answer = question();
  kept.set(key, { at: Date.now(), answer });
  // A failure is not kept: the next question may work.
  answer.catch(() => kept.delete(key));
  return answer;
}

// Ranges that differ by seconds are the same question.
function rounded(range: RangeMs): { start: number; end: number } {
  const minute = 60_000;
  return { start: (Math.floor(range.fromMs / minute) * minute) / 1000, end: (Math.ceil(range.toMs / minute) * minute) / 1000 };
}

export const serverVariables: VariableSource = {
  labelValues(label, selector, range) {
    const times = rounded(range);
    const match = selector === undefined ? {} : { "match[]": selector };
    return once(`v ${label} ${selector ?? ""} ${times.start}`, () => ask<string[]>(`label/${encodeURIComponent(label)}/values`, { ...times, ...match, limit: 5000 }));
  },
  labelNames(selector, range) {
    const times = rounded(range);
    return once(`n ${selector ?? ""} ${times.start}`, () => ask<string[]>("labels", { ...times, ...(selector === undefined ? {} : { "match[]": selector }) }));
  },
  async instant(expr, timeMs) {
    return (await instant(expr, timeMs / 1000)).map((s) => ({ labels: { ...s.metric }, value: s.text, timeMs: s.time * 1000 }));
  },
  series(selector, range) {
    return ask<Record<string, string>[]>("series", { "match[]": selector, ...rounded(range), limit: 5000 });
  },
  datasources(type) {
    return type === "" || type === "prometheus" ? [{ text: "Pharos", value: "pharos" }] : [];
  },
};
