// What an import did to a board, in notes for its reader. What Grafana itself forgot long ago is counted, not listed.
import type { Note, Place, Said } from './note';

export class ImportNotes {
  private readonly notes = new Map<string, Note>();
  private readonly retired = new Map<string, number>();

  say({ key, values }: Said, ...where: readonly Place[]): void {
    const note: Note = { key, ...(values && { values }), where };
    this.notes.set(JSON.stringify(note), note);
  }

  // A setting that today's format does not have, and whose meaning, if it had one, has moved elsewhere.
  retire(key: string): void {
    this.retired.set(key, (this.retired.get(key) ?? 0) + 1);
  }

  all(): Note[] {
    const out = [...this.notes.values()];
    if (this.retired.size > 0) {
      const names = [...this.retired].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, n]) => (n > 1 ? `${key} (${n}×)` : key));
      out.push({ key: 'retired', values: { names: names.join(', ') }, where: [] });
    }
    return out;
  }
}
