// Panels that show the data of another panel of the board (the data source "-- Dashboard --").
import type { Panel } from './board';
import { flagOf, isObject, numberOf } from './json';

function panelIdOf(panel: Panel): number | undefined {
  const own = isObject(panel.datasource) ? panel.datasource.uid : panel.datasource;
  return own === '-- Dashboard --' ? numberOf(panel.targets[0]?.panelId) : undefined;
}

// The panel whose queries this one shows; undefined when it has its own, null when it is not there.
export function sharedPanel(panel: Panel, panels: readonly Panel[]): Panel | null | undefined {
  const id = panelIdOf(panel);
  if (id === undefined) return undefined;
  const found = panels.find((other) => other.id === id);
  return found === undefined || found === panel || panelIdOf(found) !== undefined ? null : found;
}

// With the queries of the panel it names in place of its own. The same panel where there is nothing to change.
export function withSharedTargets(panel: Panel, panels: readonly Panel[]): Panel {
  const other = sharedPanel(panel, panels);
  if (other === undefined) return panel;
  if (other === null) return { ...panel, targets: [] };
  const { datasource: _own, ...rest } = panel;
  const out: Panel = { ...rest, targets: other.targets } as Panel;
  if (other.datasource !== undefined) out.datasource = other.datasource;
  if (flagOf(panel.targets[0]?.withTransforms)) out.transformations = [...other.transformations, ...panel.transformations];
  for (const key of ['interval', 'maxDataPoints', 'timeFrom', 'timeShift']) if (other[key] !== undefined && panel[key] === undefined) out[key] = other[key];
  return out;
}

