// The admin listener: for operators, probes and Prometheus. Nothing on it changes anything by GET, and nothing at all
// without having been admitted.

import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
} from "fastify";
import type { Logger } from "pino";

import { excessOf } from "../control/guards/record-size.ts";
import { VERSION } from "../version.ts";
import type { AdminSources } from "./admin-sources.ts";
import type { AdminTokens } from "./admin-tokens.ts";
import { admit } from "./admit.ts";
import { addCertificatesApi } from "./certificates-api.ts";
import { addDashboard } from "./dashboard-files.ts";
import { Endpoints } from "./endpoints.ts";
import { LeaseBook } from "./lease-book.ts";
import { addOpenApi } from "./openapi.ts";
import { Refusal, sendProblem } from "./problem.ts";
import { addReloadApi } from "./reload-api.ts";
import { ReplicaBook } from "./replica-book.ts";
import { addSessionApi } from "./session-api.ts";
import { addStatusApi } from "./status-api.ts";
import { addStreamApi } from "./stream-api.ts";
import { addTableApi } from "./table-api.ts";
import { Audit } from "./write/audit.ts";
import { addWriteApi } from "./write/write-api.ts";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 512;

/** What the server needs. */
export interface AdminServerSettings {
  /** The address that it will be bound to. */
  readonly host: string;
  readonly tokens: AdminTokens;
  readonly sources: Omit<AdminSources, "replicas" | "leases">;
  readonly logger: Logger;
}

/** Makes the server, with all its endpoints; it does not listen yet. */
export function createAdminServer(settings: AdminServerSettings): {
  readonly server: FastifyInstance;
  readonly endpoints: Endpoints;
  /** Each method with its path. */
  readonly registered: readonly string[];
  readonly streams: { close(): void };
} {
  const { logger, tokens, sources: given } = settings;
  const server = bareServer(logger);
  const registered: string[] = [];
  server.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) registered.push(`${each} ${url}`);
  });
  const actors = new WeakMap<FastifyRequest, string>();
  const actorOf = (request: FastifyRequest): string => actors.get(request) ?? "nobody";
  addAdmission(server, settings, actors);
  const endpoints = new Endpoints(server);
  addRefusals(server, endpoints, logger);
  const sources = { ...given, replicas: new ReplicaBook(given), leases: new LeaseBook(given) };
  addStatusApi(endpoints, sources);
  addTableApi(endpoints, sources);
  addCertificatesApi(endpoints, sources);
  addWriteApi(endpoints, sources, new Audit({ logger, live: sources.live, actorOf }));
  addReloadApi(endpoints, sources);
  addSessionApi(endpoints, { tokens, actorOf, logger });
  addOpenApi(endpoints, VERSION);
  const streams = addStreamApi(endpoints, sources);
  addDashboard(server);
  return { server, endpoints, registered, streams };
}

function bareServer(logger: Logger): FastifyInstance {
  // What it has to tell of every request and of itself, the router's own log tells better.
  const loggerInstance: FastifyBaseLogger = logger.child({}, { level: "warn" });
  const server = fastify({
    loggerInstance,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: MAX_HEAD_BYTES, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1_000 },
  });
  server.server.maxConnections = MOST_CONNECTIONS;
  // A form of any page can send text; only a program sends JSON.
  server.removeContentTypeParser(["text/plain", "application/json"]);
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    // What is nested very deeply would exhaust the stack of whoever walks through it.
    const excess = excessOf(body);
    if (excess === undefined) return parse(request, body, done);
    done(new Refusal({ status: 413, code: "too-large", detail: `the body is ${excess}` }));
  });
  return server;
}

function addAdmission(
  server: FastifyInstance,
  { host: bound, tokens }: AdminServerSettings,
  actors: WeakMap<FastifyRequest, string>,
): void {
  server.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    const { host, origin, authorization, cookie } = request.headers;
    const site = request.headers["sec-fetch-site"];
    const [path = ""] = request.raw.url?.split("?", 1) ?? [];
    const caller = {
      path,
      host,
      origin,
      authorization,
      cookie,
      site: typeof site === "string" ? site : undefined,
    };
    const admission = admit(caller, { host: bound, tokens }, Date.now());
    if ("actor" in admission) {
      actors.set(request, admission.actor);
      return;
    }
    if (admission.status === 401) reply.header("www-authenticate", 'Bearer realm="wayleave"');
    return sendProblem(reply, admission);
  });
}

function addRefusals(server: FastifyInstance, endpoints: Endpoints, logger: Logger): void {
  server.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    const methods = endpoints.methodsOf(path);
    if (methods.length === 0) {
      return sendProblem(reply, { status: 404, code: "not-found", detail: `there is no ${path}` });
    }
    const detail = `${path} takes ${methods.join(", ")}, not ${request.method}`;
    return sendProblem(reply.header("allow", methods.join(", ")), {
      status: 405,
      code: "bad-method",
      detail,
    });
  });
  server.setErrorHandler((error: Error & Partial<FastifyError>, _, reply) => {
    if (error instanceof Refusal) return sendProblem(reply, error.problem);
    const status = error.statusCode ?? 500;
    if (status < 500)
      return sendProblem(reply, { status, code: CODES[status] ?? "bad-request", detail: error.message });
    logger.error({ error: error.stack }, "admin-failed");
    return sendProblem(reply, {
      status,
      code: "internal",
      detail: "the admin listener failed; the log says more",
    });
  });
}

const CODES: Readonly<Record<number, string>> = { 413: "body-too-large", 415: "not-json" };
