// A shown value that leads somewhere: one link is the whole of it, several stand in its corner.
import type { ReactNode } from "react";
import { Icon } from "../parts/icons";
import type { ShownValue } from "../dashboard/data/panel_frames";
import type { Scope } from "../dashboard/model/scope";
import { dataLinks } from "./data_links";
import type { ShownLink } from "./links";

// A value that is a row names its cells, and its text without the unit, as it would in a table.
function linksOf({ field, title, value, display, row }: ShownValue, scope: Scope): ShownLink[] {
  return dataLinks(field.config, scope, { name: title, labels: field.labels, value, text: display.text, ...(row === undefined ? {} : { bare: display.number, row }) });
}

// The name of a value, as its first link where it has one.
export function NameLink({ shown, scope, className }: { shown: ShownValue; scope: Scope; className: string }) {
  const link = linksOf(shown, scope)[0];
  return link === undefined ? (
    <span className={className} title={shown.title}>
      {shown.title}
    </span>
  ) : (
    <a className={className} href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={`${shown.title}: ${link.title}`}>
      {shown.title}
    </a>
  );
}

/** The links of what a kept tip tells of. */
export function TipLinks({ links }: { links: readonly ShownLink[] }) {
  return (
    <div className="tip-links">
      {links.map((link, i) => (
        <a key={i} href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer">
          {link.title}
        </a>
      ))}
    </div>
  );
}

export function ValueLinks({ shown, scope, children }: { shown: ShownValue; scope: Scope; children: ReactNode }) {
  const links = linksOf(shown, scope);
  if (links.length === 0) return <>{children}</>;
  return (
    <div className="value-links">
      {children}
      {links.length === 1 ? (
        <a className="whole" href={links[0]!.url} target={links[0]!.blank ? "_blank" : undefined} rel="noreferrer" title={links[0]!.title} aria-label={`${shown.title}: ${links[0]!.title}`} />
      ) : (
        <span className="corner">
          {links.map((link) => (
            <a key={link.url + link.title} href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={link.title} aria-label={`${shown.title}: ${link.title}`}>
              <Icon name="link" size={12} />
            </a>
          ))}
        </span>
      )}
    </div>
  );
}
