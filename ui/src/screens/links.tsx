// Links from one screen to another; text stays text while the other screen is not there.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { screens } from "./registry";

/** A number or a heading that opens the query it came from. */
export function Asked({ expr, className, children }: { expr: string; className?: string; children: ReactNode }) {
  return (
    <Link href={`/explore?q=${encodeURIComponent(expr)}`} className={`asked ${className ?? ""}`} title={expr}>
      {children}
    </Link>
  );
}

/** An expression that opens in Explore. */
export function Expression({ expr, children }: { expr: string; children?: ReactNode }) {
  const code = <code title={expr}>{children ?? expr}</code>;
  const explore = screens.find(({ id }) => id === "explore");
  return explore ? (
    <Link href={`${explore.path}?q=${encodeURIComponent(expr)}`} className="expression">
      {code}
    </Link>
  ) : (
    code
  );
}
