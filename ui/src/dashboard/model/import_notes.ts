// What an import did to a board, in lines for its reader. What Grafana itself forgot long ago is counted, not listed.
export class ImportNotes {
  private readonly lines = new Set<string>();
  private readonly retired = new Map<string, number>();

  say(line: string): void {
    this.lines.add(line);
  }

  // A setting that today's format does not have, and whose meaning, if it had one, has moved elsewhere.
  retire(key: string): void {
    this.retired.set(key, (this.retired.get(key) ?? 0) + 1);
  }

  all(): string[] {
    const out = [...this.lines];
    if (this.retired.size > 0) out.push(`left out, as they mean nothing any more: ${[...this.retired].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, n]) => (n > 1 ? `${key} (${n}×)` : key)).join(', ')}`);
    return out;
  }
}
