// Rows by the thousand at one height each: only those on the screen are in the document. The page scrolls,
// not the list.
import { flushSync } from "react-dom";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

const MARGIN_ROWS = 12;
/** What goes to paper, where nobody scrolls. */
const PRINTED_MAX = 1000;

export interface VirtualRowsProps {
  count: number;
  height: number;
  label: string;
  className?: string;
  header?: ReactNode;
  row: (index: number) => ReactNode;
  /** Scrolled into view when it changes. */
  focus?: number | undefined;
}

export function VirtualRows({ count, height, label, className, header, row, focus }: VirtualRowsProps) {
  const body = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<[number, number]>([0, 60]);
  useEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const element = body.current;
      if (!element) return;
      const top = -element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / height) - MARGIN_ROWS);
      const last = Math.min(count, Math.ceil((top + innerHeight) / height) + MARGIN_ROWS);
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, Math.max(first, last)]));
    };
    const later = () => (frame ||= requestAnimationFrame(measure));
    const print = () => flushSync(() => setRange([0, Math.min(count, PRINTED_MAX)]));
    measure();
    addEventListener("beforeprint", print);
    addEventListener("afterprint", measure);
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("beforeprint", print);
      removeEventListener("afterprint", measure);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [count, height]);
  useLayoutEffect(() => {
    if (focus === undefined || focus < 0 || !body.current) return;
    const { top } = body.current.getBoundingClientRect();
    const at = top + focus * height;
    const bar = 56;
    if (at < bar) scrollBy(0, at - bar - height);
    else if (at + height * 2 > innerHeight) scrollBy(0, at + height * 2 - innerHeight);
  }, [focus, height]);
  const [first, last] = range;
  const rows: ReactNode[] = [];
  for (let i = first; i < Math.min(last, count); i++) rows.push(row(i));
  return (
    <div role="table" aria-label={label} aria-rowcount={count + (header ? 1 : 0)} className={className}>
      {header && <div role="rowgroup">{header}</div>}
      <div role="rowgroup" ref={body} style={{ height: count * height, position: "relative" }}>
        <div role="presentation" style={{ position: "absolute", insetInline: 0, top: Math.min(first, count) * height }}>{rows}</div>
      </div>
    </div>
  );
}
