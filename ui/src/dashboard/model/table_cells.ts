// What a table's cells can be, by Grafana's names, those of older versions too.
export type CellKind = 'auto' | 'color-text' | 'color-background' | 'gauge' | 'json' | 'sparkline' | 'pill' | 'markdown' | 'image' | 'links';

const KINDS = new Map<string, CellKind>([
  ['auto', 'auto'], ['color-text', 'color-text'], ['color-background', 'color-background'], ['color-background-solid', 'color-background'],
  ['gauge', 'gauge'], ['basic', 'gauge'], ['lcd', 'gauge'], ['lcd-gauge', 'gauge'], ['gradient-gauge', 'gauge'],
  ['sparkline', 'auto'], // where a column holds lines, they are drawn
  ['json-view', 'json'], ['pill', 'pill'], ['markdown', 'markdown'], ['image', 'image'], ['data-links', 'links'],
]);

export function cellKindOf(name: string): CellKind | undefined {
  return KINDS.get(name);
}
