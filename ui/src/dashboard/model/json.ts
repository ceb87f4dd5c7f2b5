// Reading JSON that somebody else wrote: each function answers with a usable value whatever it is given.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function objectsOf(value: unknown): JsonObject[] {
  return arrayOf(value).filter(isObject);
}

export function textOf(value: unknown, otherwise = ''): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : otherwise;
}

export function numberOf(value: unknown, otherwise: number): number;
export function numberOf(value: unknown): number | undefined;
export function numberOf(value: unknown, otherwise?: number): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.trim() !== '') {
    const parsed = Number(value);
    if (Number.isFinite(parsed)) return parsed;
  }
  return otherwise;
}

export function flagOf(value: unknown, otherwise = false): boolean {
  return typeof value === 'boolean' ? value : otherwise;
}

export function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map((v) => textOf(v)).filter((v) => v !== '');
  const text = textOf(value);
  return text === '' ? [] : [text];
}

// A dotted path, as overrides name properties: "custom.lineWidth".
export function readPath(root: unknown, path: string): unknown {
  let at: unknown = root;
  for (const key of path.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export function writePath(root: JsonObject, path: string, value: unknown): void {
  const keys = path.split('.');
  if (keys.some((key) => FORBIDDEN_KEYS.has(key))) return;
  let at = root;
  for (const key of keys.slice(0, -1)) {
    if (!isObject(at[key])) at[key] = {};
    at = at[key] as JsonObject;
  }
  at[keys[keys.length - 1]!] = value;
}

export function cloneJson<T>(value: T): T {
  return structuredClone(value);
}
