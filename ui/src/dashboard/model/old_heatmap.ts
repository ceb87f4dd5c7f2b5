// Heatmaps of before Grafana 9.
import type { Panel } from './board';
import { flagOf, numberOf, objectOf, textOf, type JsonObject } from './json';
import { take } from './old_field_config';
import type { Said } from './note';

export function upgradeHeatmap(panel: Panel): Said {
  const calculate = textOf(take(panel, 'dataFormat')) !== 'tsbuckets';
  const y = objectOf(take(panel, 'yAxis'));
  const color = objectOf(take(panel, 'color'));
  const cards = objectOf(take(panel, 'cards'));
  const tooltip = objectOf(take(panel, 'tooltip'));
  const legend = objectOf(take(panel, 'legend'));
  const bound = textOf(take(panel, 'yBucketBound'), 'auto');
  const buckets = (axis: 'x' | 'y'): JsonObject | undefined => {
    const [count, size] = [take(panel, `${axis}BucketNumber`), take(panel, `${axis}BucketSize`)];
    return textOf(size) !== '' ? { mode: 'size', value: textOf(size) } : numberOf(count) !== undefined ? { mode: 'count', value: textOf(count) } : undefined;
  };
  const [x, own] = [buckets('x'), buckets('y')];
  const log = numberOf(y.logBase, 1);
  const yBuckets: JsonObject | undefined = own === undefined && log <= 1 ? undefined : { ...own, ...(log > 1 ? { scale: { type: 'log', log } } : {}) };
  panel.options = {
    calculate,
    ...(calculate && (x !== undefined || yBuckets !== undefined) ? { calculation: { ...(x === undefined ? {} : { xBuckets: x }), ...(yBuckets === undefined ? {} : { yBuckets }) } } : {}),
    yAxis: {
      unit: textOf(y.format, 'short'), axisPlacement: y.show === false ? 'hidden' : 'left', reverse: flagOf(take(panel, 'reverseYBuckets')),
      ...(numberOf(y.decimals) === undefined ? {} : { decimals: numberOf(y.decimals) }), ...(numberOf(y.min) === undefined ? {} : { min: textOf(y.min) }), ...(numberOf(y.max) === undefined ? {} : { max: textOf(y.max) }),
    },
    color: {
      scheme: textOf(color.colorScheme).replace(/^interpolate/, '') || 'Oranges', mode: color.mode === 'opacity' ? 'opacity' : 'scheme', steps: 64, reverse: false,
      ...(textOf(color.cardColor) === '' ? {} : { fill: textOf(color.cardColor) }), ...(numberOf(color.exponent) === undefined ? {} : { exponent: numberOf(color.exponent) }),
      ...(numberOf(color.min) === undefined ? {} : { min: numberOf(color.min) }), ...(numberOf(color.max) === undefined ? {} : { max: numberOf(color.max) }),
    },
    ...(numberOf(cards.cardPadding) === undefined ? {} : { cellGap: numberOf(cards.cardPadding) }),
    ...(flagOf(take(panel, 'hideZeroBuckets')) ? { filterValues: { le: 1e-9 } } : {}),
    rowsFrame: { layout: bound === 'upper' ? 'le' : bound === 'lower' ? 'ge' : bound === 'middle' ? 'unknown' : 'auto' },
    legend: { show: flagOf(legend.show, true) },
    tooltip: { mode: tooltip.show === false ? 'none' : 'single', yHistogram: flagOf(tooltip.showHistogram), showColorScale: false },
    ...panel.options,
  };
  return { key: 'oldHeatmap' };
}
