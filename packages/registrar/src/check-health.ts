import { type IncomingMessage, get } from "node:http";
import { get as getSecure } from "node:https";
import { finished } from "node:stream/promises";

import { type Instance, formatAddress } from "@wayleave/records";

import { checkGrpc, getStatusOverHttp2 } from "./ask-over-http2.ts";
import { startDeadline } from "./deadline.ts";
import { tryPort } from "./try-port.ts";

/**
 * One question to an instance: does `GET path` answer 2xx within the time, or gRPC's health check that it is serving?
 * Without either: does its port accept?
 */
export interface HealthQuestion {
  readonly address: string;
  readonly port: number;
  /** Default `http`. */
  readonly protocol?: Instance["protocol"];
  /** Starts with `/`. */
  readonly path?: string;
  /** The service that gRPC's health check is asked for; "": the whole server. */
  readonly grpc?: string;
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
  const { path, grpc } = question;
  if (grpc !== undefined) return await checkService(question, grpc);
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
  const { path } = question;
  return await judge(question, `GET ${path}`, async (signal) => {
    const status = await fetchStatus(question, signal);
    return { isHealthy: status >= 200 && status <= 299, reason: `GET ${path} answered ${status}` };
  });
}

async function checkService(question: HealthQuestion, service: string): Promise<Verdict> {
  const { protocol } = question;
  const what = `gRPC health check${service === "" ? "" : ` of ${service}`}`;
  return await judge(question, what, async (signal) => {
    const asked = { ...question, protocol: protocol === "h2" ? protocol : "h2c" } as const;
    const problem = await checkGrpc(asked, service, signal);
    return { isHealthy: problem === undefined, reason: `${what} ${problem ?? "is serving"}` };
  });
}

async function judge(
  question: HealthQuestion,
  what: string,
  check: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Verdict> {
  using deadline = startDeadline(question.timeoutMs, question.signal);
  try {
    return await check(deadline.signal);
  } catch (error) {
    question.signal.throwIfAborted();
    const why = deadline.signal.aborted ? `no answer within ${question.timeoutMs} ms` : describe(error);
    return { isHealthy: false, reason: `${what}: ${why}` };
  }
}

// node:http and not fetch, which refuses to call some ports (6000, 6666 and others) at all.
async function fetchStatus(question: PathQuestion, signal: AbortSignal): Promise<number> {
  const { protocol, path } = question;
  if (protocol === "h2c" || protocol === "h2") {
    return await getStatusOverHttp2({ ...question, protocol }, path, signal);
  }
  const answer = await getHead(question, signal);
  await finished(answer.resume());
  return answer.statusCode ?? 0;
}

function getHead(question: PathQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  const { address, port, path, host, protocol } = question;
  const headers = { host: host ?? formatAddress(address, port), "user-agent": "wayleave-registrar" };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // See ask-over-http2.ts for why nobody looks at the certificate.
  const options = { host: address, port, path, headers, signal, agent: false, rejectUnauthorized: false };
  (protocol === "https" ? getSecure : get)(options, resolve).on("error", reject);
  return promise;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
