import { type IncomingMessage, get } from "node:http";
import { finished } from "node:stream/promises";

import { formatAddress } from "@wayleave/records";

import { startDeadline } from "./deadline.ts";
import { tryPort } from "./try-port.ts";

/** One question to an instance: does `GET path` answer 2xx within the time? Without a path: does its port accept? */
export interface HealthQuestion {
  readonly address: string;
  readonly port: number;
  /** Starts with `/`. */
  readonly path?: string;
  /** The `Host` to send; default: the address and port. */
  readonly host?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type PathQuestion = HealthQuestion & { readonly path: string };

/** What a check found; `reason` is the status or the error, as a person wants to read it. */
export interface Verdict {
  readonly isHealthy: boolean;
  readonly reason: string;
}

/**
 * Asks once. Never rejects but with the signal's reason. Redirects are not followed: they are not 2xx.
 * The answer must be complete in time.
 */
export async function checkHealth(question: HealthQuestion): Promise<Verdict> {
  const { path } = question;
  return path === undefined ? await checkPort(question) : await checkPath({ ...question, path });
}

// Who is slow to accept is busy, and would only burden the others if it went; routers leave it out for a while themselves.
async function checkPort(question: HealthQuestion): Promise<Verdict> {
  const answer = await tryPort(question);
  const at = formatAddress(question.address, question.port);
  return { isHealthy: answer !== "refused", reason: `${at} ${SAID[answer]}` };
}

const SAID = {
  accepted: "accepts connections",
  refused: "refuses connections",
  unclear: "neither accepts nor refuses connections",
};

async function checkPath(question: PathQuestion): Promise<Verdict> {
  using deadline = startDeadline(question.timeoutMs, question.signal);
  try {
    const status = await fetchStatus(question, deadline.signal);
    return { isHealthy: status >= 200 && status <= 299, reason: `GET ${question.path} answered ${status}` };
  } catch (error) {
    question.signal.throwIfAborted();
    const why = deadline.signal.aborted ? `no answer within ${question.timeoutMs} ms` : describe(error);
    return { isHealthy: false, reason: `GET ${question.path}: ${why}` };
  }
}

// node:http and not fetch, which refuses to call some ports (6000, 6666 and others) at all.
async function fetchStatus(question: PathQuestion, signal: AbortSignal): Promise<number> {
  const answer = await getHead(question, signal);
  await finished(answer.resume());
  return answer.statusCode ?? 0;
}

function getHead({ address, port, path, host }: PathQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { host: host ?? formatAddress(address, port), "user-agent": "wayleave-registrar" };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ host: address, port, path, headers, signal, agent: false }, resolve).on("error", reject);
  return promise;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
