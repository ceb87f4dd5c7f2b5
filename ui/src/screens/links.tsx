// Links from one screen to another; text stays text while the other screen is not there.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { screens } from "./registry";

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
