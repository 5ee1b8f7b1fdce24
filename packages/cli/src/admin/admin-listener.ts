// A running router's admin listener, as a client sees it.

import { CommandError } from "../exit-codes.ts";
import { printable } from "../output/paint.ts";
import { isObject } from "../writing/record-json.ts";

/** Where it is, and the token that it may ask for. */
export interface AdminListener {
  /** `http://127.0.0.1:9080` */
  readonly url: string;
  readonly token: string | undefined;
}

/** One question. */
export interface AdminQuestion {
  /** `/api/status` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly timeoutMs?: number;
  /** Default GET. */
  readonly method?: "GET" | "POST";
}

const TIMEOUT_MS = 5_000;

/**
 * Asks and gives the JSON of the answer. Throws a CommandError: unreachable; invalid for what the listener calls a bad
 * request; failed, with its reason, for everything else that is no success.
 */
export async function askAdmin(admin: AdminListener, question: AdminQuestion): Promise<unknown> {
  const response = await openAdmin(admin, question, AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS));
  try {
    return await response.json();
  } catch (error) {
    throw new CommandError("failed", `the answer of ${admin.url}${question.path} is no JSON`, {
      cause: error,
    });
  }
}

/** The same, but gives the answer while its body may still come. */
export async function openAdmin(
  admin: AdminListener,
  question: AdminQuestion,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { token } = admin;
  const target = targetOf(admin, question);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(target, {
      method: question.method ?? "GET",
      signal,
      headers: { ...headers, ...authorization },
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError("unreachable", `the router at ${admin.url} does not answer: ${reason}`, {
      cause: error,
    });
  }
  if (!response.ok) throw await refusalOf(admin, question, response);
  return response;
}

async function refusalOf(
  { url }: AdminListener,
  { path }: AdminQuestion,
  response: Response,
): Promise<CommandError> {
  const body: unknown = await response.json().catch(() => undefined);
  const detail = isObject(body) && typeof body["detail"] === "string" ? body["detail"] : "";
  const said = detail === "" ? `${url}${path} answers ${response.status}` : printable(detail);
  const hint = response.status === 401 ? ": give --admin-token-file" : "";
  return new CommandError(response.status === 400 ? "invalid" : "failed", said + hint);
}

function targetOf({ url }: AdminListener, { path, query = {} }: AdminQuestion): URL {
  const target = new URL(path, url);
  for (const [name, value] of Object.entries(query)) {
    for (const one of typeof value === "object" ? value : [value])
      if (one !== undefined) target.searchParams.append(name, one);
  }
  return target;
}
