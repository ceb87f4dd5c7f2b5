// The variables of a board as the address has them.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";
import type { Board } from "../model/board";
import { boardBuiltins, type Scope } from "../model/scope";
import type { MovingRange } from "../../time/range";
import { adhocFiltersOf, resolveVariables, scopeOf, type AdhocFilter, type VariableState } from "../model/variables";
import { rangeScope } from "./moving_range";
import { serverVariables } from "./server_variables";

export interface BoardVariables {
  states: VariableState[];
  scope: Scope;
  filters: AdhocFilter[];
  ready: boolean;
  choose: (name: string, values: readonly string[]) => void;
  setFilters: (name: string, filters: AdhocFilter[]) => void;
}

function chosenOf(search: string): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    if (!name.startsWith("var-")) continue;
    const key = name.slice(4);
    out.set(key, [...(out.get(key) ?? []), value]);
  }
  return out;
}

// Filters travel in the address as Grafana writes them: key|operator|value.
export function filterText(filter: AdhocFilter): string {
  return [filter.key, filter.operator, filter.value].map((part) => part.replace(/\|/g, "__gfp__")).join("|");
}
export function filterOf(text: string): AdhocFilter | undefined {
  const [key = "", operator = "", ...rest] = text.split("|").map((part) => part.replace(/__gfp__/g, "|"));
  return key === "" || operator === "" ? undefined : { key, operator, value: rest.join("|") };
}

function setVariable(name: string, values: readonly string[]): void {
  const search = new URLSearchParams(location.search);
  search.delete(`var-${name}`);
  for (const value of values) search.append(`var-${name}`, value);
  navigate(`${location.pathname}?${search}`, { replace: true });
}

// Options that depend on time are asked again with the range, not with each second of it.
const PACE = 60;

export function useVariables(board: Board, range: MovingRange, zone: string): BoardVariables {
  const search = useSearch();
  const [states, setStates] = useState<VariableState[]>([]);
  const [ready, setReady] = useState(board.templating.list.length === 0);
  const parameters = [...new URLSearchParams(search)].filter(([name]) => name.startsWith("var-"));
  const choices = JSON.stringify(parameters);
  const about = useMemo(() => boardBuiltins(board, zone), [board.title, board.uid, zone]);
  const known = useRef(JSON.stringify(states));
  useEffect(() => {
    let newest = "";
    const ask = () => {
      const { from, to } = range.now();
      const asked = `${Math.floor(to / PACE)} ${Math.round(to - from)}`;
      if (asked === newest) return;
      newest = asked;
      const chosen = chosenOf(search);
      void resolveVariables(board.templating.list, chosen, serverVariables, { fromMs: from * 1000, toMs: to * 1000 }, about).then((found) => {
        if (asked !== newest) return;
        for (const state of found) {
          const texts = state.kind === "adhoc" ? chosen.get(state.name) : undefined;
          if (texts !== undefined) state.filters = texts.map(filterOf).filter((f) => f !== undefined);
        }
        // The board is not rendered for the same answer once more.
        const text = JSON.stringify(found);
        if (text !== known.current) setStates(found);
        known.current = text;
        setReady(true);
      });
    };
    ask();
    const stop = range.watch(ask);
    return () => {
      stop();
      newest = "gone";
    };
  }, [board.templating.list, choices, about, range]);
  const choose = useCallback((name: string, values: readonly string[]) => setVariable(name, values), []);
  const setFilters = useCallback((name: string, filters: AdhocFilter[]) => setVariable(name, filters.length === 0 ? [""] : filters.map(filterText)), []);
  const chosen = useMemo(() => scopeOf(states, undefined, about), [states, about]);
  // With the range as it was chosen: what names its ends takes them as they are.
  const scope = useMemo(() => rangeScope(chosen, range.now()), [chosen, range]);
  const filters = useMemo(() => adhocFiltersOf(states), [states]);
  return { states, scope, filters, ready, choose, setFilters };
}
