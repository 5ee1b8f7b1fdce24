// Asks the admin API. A refusal is a value: it is shown where it happened.

import type { Problem } from "@wayleave/records/api";

/** What the router said: the body, or why not. */
export type Answer<T> =
  | { readonly ok: true; readonly body: T }
  | { readonly ok: false; readonly problem: Problem };

const DEADLINE_MS = 15_000;

export interface Asking {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
  /** The revision that the record must still have; 0: there must be none. */
  readonly ifRevision?: number;
}

/** Never rejects: a router that does not answer is a problem with status 0. */
export async function ask<T>(
  path: string,
  { method = "GET", query = {}, body, ifRevision }: Asking = {},
): Promise<Answer<T>> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query))
    for (const one of [value ?? []].flat()) url.searchParams.append(name, one);
  const headers = {
    accept: "application/json",
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(ifRevision !== undefined && condition(ifRevision)),
  };
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await fetch(url, { method, headers, body: sent, signal, cache: "no-store" });
    return await read<T>(answer);
  } catch (error) {
    const detail =
      error instanceof TypeError
        ? "The router does not answer."
        : `No answer within ${DEADLINE_MS / 1_000} s.`;
    return { ok: false, problem: { status: 0, title: "No answer", code: "unreachable", detail } };
  }
}

function condition(revision: number): Record<string, string> {
  return revision === 0 ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
}

async function read<T>(answer: Response): Promise<Answer<T>> {
  const text = await answer.text();
  if (answer.ok) return { ok: true, body: parseOr(text, undefined) };
  const refusal = {
    status: answer.status,
    title: answer.statusText,
    code: "refused",
    detail: text.slice(0, 300),
  };
  return { ok: false, problem: { ...refusal, ...parseOr(text, {}) } };
}

// The router's words are of this page's own version: they are not parsed again here.
function parseOr(text: string, fallback: unknown): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}
