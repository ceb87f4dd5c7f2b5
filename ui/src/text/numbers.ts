// Numbers as people read them: three digits that matter, a unit, never a jump in width for nothing.
const SI = ["", "k", "M", "G", "T", "P", "E"];
const IEC = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

function digits(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? trim(value.toFixed(1)) : trim(value.toFixed(2));
}
function trim(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
function special(value: number | undefined | null): string | undefined {
  if (value === undefined || value === null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  return undefined;
}
function scaled(value: number, base: number, names: readonly string[], gap: string): string {
  let step = 0;
  let size = value;
  while (Math.abs(size) >= base * 0.9995 && step < names.length - 1) {
    size /= base;
    step++;
  }
  return `${digits(size)}${names[step] ? gap + names[step] : ""}`.replace("-", "−");
}

/** 1234 → "1.23 k"; 0.000012 → "1.2e−5". */
export function short(value: number | undefined | null): string {
  const odd = special(value);
  if (odd) return odd;
  const size = Math.abs(value!);
  if (size === 0) return "0";
  if (size < 1e-3) return value!.toExponential(1).replace(/-/g, "−");
  if (size < 1) return trim(value!.toPrecision(3)).replace("-", "−");
  return scaled(value!, 1000, SI, " ");
}
export function bytes(value: number | undefined | null): string {
  return special(value) ?? scaled(value!, 1024, IEC, " ");
}
export function byteRate(value: number | undefined | null): string {
  return special(value) ?? `${bytes(value)}/s`;
}
/** Of a value from 0 to 100. */
export function percent(value: number | undefined | null): string {
  const odd = special(value);
  if (odd) return odd;
  const size = Math.abs(value!);
  return `${(size >= 10 ? value!.toFixed(0) : size >= 1 ? trim(value!.toFixed(1)) : trim(value!.toFixed(2))).replace("-", "−")} %`;
}
/** Whole numbers with thin spaces: 12 345. */
export function whole(value: number | undefined | null): string {
  return special(value) ?? Math.round(value!).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
/** Seconds, from nanoseconds to days. */
export function seconds(value: number | undefined | null): string {
  const odd = special(value);
  if (odd) return odd;
  const size = Math.abs(value!);
  if (size === 0) return "0 s";
  if (size < 1e-6) return `${digits(value! * 1e9)} ns`;
  if (size < 1e-3) return `${digits(value! * 1e6)} µs`;
  if (size < 1) return `${digits(value! * 1e3)} ms`;
  if (size < 120) return `${digits(value!)} s`;
  if (size < 7200) return `${digits(value! / 60)} min`;
  if (size < 172_800) return `${digits(value! / 3600)} h`;
  return `${digits(value! / 86_400)} d`;
}
