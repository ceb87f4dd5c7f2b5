// What an axis shows, and where on it a value lies.
export interface AxisSpan {
  low: number;
  high: number;
  log: number; // base, 0 for linear
}

/** 0 at the low end, 1 at the high one; values beyond lie beyond. What has no place on a logarithm lies at 0. */
export function shareOf({ low, high, log }: AxisSpan, value: number): number {
  if (log > 0) return value > 0 ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low)) : 0;
  return (value - low) / (high - low);
}
