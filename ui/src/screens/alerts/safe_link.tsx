// An address out of a label or annotation: followed only when it is a web address; else shown as the text it is.
import type { ReactNode } from "react";

export function webAddress(text: string): string | undefined {
  try {
    const url = new URL(text, document.baseURI);
    // A bare path is no address of ours: "packs/x.md" would lead nowhere.
    if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export function SafeLink({ url, className, children }: { url: string; className?: string; children: ReactNode }) {
  const address = webAddress(url);
  if (!address) return <code title={url}>{url}</code>;
  return (
    <a className={className} href={address} target="_blank" rel="noopener noreferrer" title={address}>
      {children}
    </a>
  );
}
