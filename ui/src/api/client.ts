// One way to ask the server: JSON in Prometheus' envelope or plain (Alertmanager's v2), abortable, with
// errors that say in a line what happened.
import { at } from "../base";

export type Parameters = Record<string, string | number | boolean | readonly string[] | undefined | null>;

export class ApiError extends Error {
  constructor(
    message: string,
    readonly kind: "offline" | "refused" | "unreadable",
    readonly status = 0,
    readonly errorType = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface AskOptions {
  signal?: AbortSignal;
  /** "form" sends the parameters as a form by POST: long expressions fit in no address. */
  post?: "form";
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is a text. */
  body?: unknown;
  contentType?: string;
}

export function encodeParameters(parameters: Parameters): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) for (const one of value) out.append(name, String(one));
    else out.append(name, String(value));
  }
  return out;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** What is said when nothing came back; the only text of errors that is ours and not the server's. */
export const NO_ANSWER = "the server does not answer";
const MESSAGE_MAX = 400;

// An error body may be a proxy's page: no more of it is shown than its first words.
function shortened(text: string): string {
  const plain = text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
  return plain.length > MESSAGE_MAX ? `${plain.slice(0, MESSAGE_MAX)}…` : plain;
}

/** "slow": something waits for longer than SLOW_MS and nothing else has been answered since; "no": the last request failed. */
export type Reach = "yes" | "slow" | "no";
export const SLOW_MS = 10_000;

let reach: Reach = "yes";
let lostAt: number | undefined; // Unix seconds
let answeredAt = 0;
const waiting = new Set<number>(); // when each open request began
let check: ReturnType<typeof setTimeout> | undefined;
const watchers = new Set<() => void>();
/** How well the server answers: the shell and panels show it. */
export const reachability = {
  get: () => reach,
  /** When it answered no more. */
  lostAt: () => lostAt,
  subscribe(watcher: () => void) {
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  },
};
function setReach(now: Reach) {
  if (now === reach) return;
  reach = now;
  if (now === "yes") lostAt = undefined;
  else lostAt ??= Date.now() / 1000;
  watchers.forEach((watcher) => watcher());
}

// One long query is no slow server: the others are answered meanwhile.
function lookForSlow(): void {
  clearTimeout(check);
  check = undefined;
  if (waiting.size === 0) return;
  const since = Math.max(Math.min(...waiting), answeredAt);
  const left = since + SLOW_MS - performance.now();
  if (left <= 0) {
    if (reach === "yes") setReach("slow");
  } else check = setTimeout(lookForSlow, left + 1);
}

async function send(path: string, parameters: Parameters, options: AskOptions): Promise<{ response: Response; text: string }> {
  const encoded = encodeParameters(parameters);
  let url = at(path);
  const init: RequestInit = { method: options.method ?? (options.post || options.body !== undefined ? "POST" : "GET") };
  if (options.signal) init.signal = options.signal;
  if (options.headers) init.headers = { ...options.headers };
  if (options.post === "form") init.body = encoded;
  else {
    if ([...encoded].length) url += `?${encoded}`;
    if (options.body !== undefined) {
      init.body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
      init.headers = { ...options.headers, "Content-Type": options.contentType ?? (typeof options.body === "string" ? "text/plain" : "application/json") };
    }
  }
  let began = performance.now();
  while (waiting.has(began)) began += 0.001; // a set holds one of each
  waiting.add(began);
  check ??= setTimeout(lookForSlow, SLOW_MS + 1);
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    answeredAt = performance.now();
    setReach("yes");
    return { response, text };
  } catch (error) {
    if (isAbort(error)) throw error;
    setReach("no");
    throw new ApiError(NO_ANSWER, "offline");
  } finally {
    waiting.delete(began);
    // Looked for anew: what waits still may hang after this answer as well.
    lookForSlow();
  }
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const said = shortened(text);
    throw new ApiError(status >= 400 ? said || `HTTP ${status}` : `not JSON: ${said}`, status >= 400 ? "refused" : "unreadable", status);
  }
}

/** Asks below /api/v1 and unwraps {"status":"success","data":…}; warnings come back beside it. */
export async function ask<T>(path: string, parameters: Parameters = {}, options: AskOptions = {}): Promise<T> {
  return (await askWithWarnings<T>(path, parameters, options)).data;
}

export async function askWithWarnings<T>(
  path: string,
  parameters: Parameters = {},
  options: AskOptions = {},
): Promise<{ data: T; warnings: string[]; infos: string[] }> {
  const { response, text } = await send(`api/v1/${path}`, parameters, options);
  const answer = parse(text, response.status) as {
    status?: string;
    data?: T;
    error?: string;
    errorType?: string;
    warnings?: string[];
    infos?: string[];
  };
  if (answer.status !== "success")
    throw new ApiError(shortened(answer.error ?? `HTTP ${response.status}`), "refused", response.status, answer.errorType ?? "");
  return { data: answer.data as T, warnings: answer.warnings ?? [], infos: answer.infos ?? [] };
}

function refusal(text: string, status: number): ApiError {
  let said = shortened(text);
  try {
    const body = JSON.parse(text) as { message?: string; error?: string } | string;
    said = shortened(typeof body === "string" ? body : (body.message ?? body.error ?? said));
  } catch {
    // What is no JSON was said as it came.
  }
  return new ApiError(said || `HTTP ${status}`, "refused", status);
}

/** Asks for plain JSON anywhere: Alertmanager's API v2, Grafana's paths. */
export async function askPlain<T>(path: string, parameters: Parameters = {}, options: AskOptions = {}): Promise<T> {
  const { response, text } = await send(path, parameters, options);
  if (!response.ok) throw refusal(text, response.status);
  return (text.trim() === "" ? undefined : parse(text, response.status)) as T;
}

/** Asks for text; `version` is what the server calls this state of it (its ETag). */
export async function askText(path: string, parameters: Parameters = {}, options: AskOptions = {}): Promise<{ text: string; version: string }> {
  const { response, text } = await send(path, parameters, options);
  if (!response.ok) throw refusal(text, response.status);
  return { text, version: (response.headers.get("ETag") ?? "").replace(/^(W\/)?"|"$/g, "") };
}
