// Which rows of a table of groups are open: kept by what each group is of, since a tick may bring the groups in another order.
import { useMemo, useState } from "react";
import type { NestedRows } from "../../dashboard/data/frame";

export interface OpenedRows {
  /** One for each row; that of a row whose values another has too tells which of them it is. */
  keys: readonly string[];
  isOpen: (row: number) => boolean;
  /** Changes when other rows are open than before. */
  open: ReadonlySet<string>;
  anyOpen: boolean;
  toggle: (row: number) => void;
  toggleAll: () => void;
}

export function groupKeys(nested: readonly NestedRows[]): string[] {
  const seen = new Map<string, number>();
  return nested.map(({ group }) => {
    const before = seen.get(group) ?? 0;
    seen.set(group, before + 1);
    return before === 0 ? group : `${group} ${before}`;
  });
}

/** `rows`: those that are listed. */
export function useOpenedRows(nested: readonly NestedRows[] | undefined, rows: readonly number[]): OpenedRows {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const keys = useMemo(() => groupKeys(nested ?? []), [nested]);
  const isOpen = (row: number) => open.has(keys[row] ?? "");
  const anyOpen = open.size > 0 && rows.some(isOpen);
  return {
    keys,
    isOpen,
    open,
    anyOpen,
    toggle: (row) =>
      setOpen((old) => {
        const next = new Set(old);
        const key = keys[row] ?? "";
        if (!next.delete(key)) next.add(key);
        return next;
      }),
    toggleAll: () => setOpen(anyOpen ? new Set() : new Set(rows.map((row) => keys[row] ?? ""))),
  };
}
