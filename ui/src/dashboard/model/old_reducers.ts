// The names that singlestats, legends and tables had for what is made of a series' values.
export const REDUCERS: Readonly<Record<string, string>> = {
  avg: 'mean', current: 'lastNotNull', total: 'sum', min: 'min', max: 'max', first: 'firstNotNull', count: 'count', sum: 'sum', mean: 'mean', last: 'lastNotNull',
  delta: 'delta', diff: 'diff', range: 'range', name: 'lastNotNull', last_time: 'lastNotNull', logmin: 'logmin',
};
