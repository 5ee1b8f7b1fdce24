// The admin listener: for operators, probes and Prometheus. Nothing on it changes anything by GET.

import { type FastifyBaseLogger, type FastifyInstance, fastify } from "fastify";
import type { Logger } from "pino";

import type { ListenAt } from "../router-settings.ts";
import type { AdminSources } from "./admin-sources.ts";
import { denialOf, isLoopback } from "./admit.ts";
import { addDashboard } from "./dashboard-files.ts";
import { Endpoints } from "./endpoints.ts";
import { LeaseBook } from "./lease-book.ts";
import { Refusal, sendProblem } from "./problem.ts";
import { addReloadApi } from "./reload-api.ts";
import { ReplicaBook } from "./replica-book.ts";
import { addStatusApi } from "./status-api.ts";
import { addStreamApi } from "./stream-api.ts";
import { addTableApi } from "./table-api.ts";

const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_MS = 10_000;

export interface AdminSettings {
  readonly at: ListenAt;
  readonly token: string | undefined;
  readonly sources: Omit<AdminSources, "replicas" | "leases">;
  readonly logger: Logger;
}

/** The admin listener of one router. */
export class Admin {
  readonly #settings: AdminSettings;
  readonly #server: FastifyInstance;
  readonly #streams: { close(): void };
  #at: ListenAt;

  constructor(settings: AdminSettings) {
    this.#settings = settings;
    this.#at = settings.at;
    const { server, streams } = createServer(settings);
    this.#server = server;
    this.#streams = streams;
  }

  /** Where it listens; with the port that was really bound, once it is. */
  get at(): ListenAt {
    return this.#at;
  }

  /** Rejects when the port is taken. */
  async listen(): Promise<void> {
    const { at, token, sources, logger } = this.#settings;
    sources.live.start();
    await this.#server.listen(at);
    const address = this.#server.server.address();
    if (typeof address === "object" && address !== null) this.#at = { host: at.host, port: address.port };
    if (token === undefined && !isLoopback(at.host)) logger.warn(this.#at, "admin-without-token");
  }

  /** Cuts what still asks: those that wait for a revision were let go before. */
  async close(): Promise<void> {
    this.#settings.sources.live.close();
    this.#streams.close();
    await this.#server.close();
  }

  destroy(): void {
    this.#settings.sources.live.close();
    this.#streams.close();
    this.#server.server.closeAllConnections();
    void this.#server.close();
  }
}

function createServer({ at, token, sources: given, logger }: AdminSettings): {
  readonly server: FastifyInstance;
  readonly streams: { close(): void };
} {
  // What it has to tell of every request and of itself, the router's own log tells better.
  const loggerInstance: FastifyBaseLogger = logger.child({}, { level: "warn" });
  const server = fastify({
    loggerInstance,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
  });
  server.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    const { host, origin, authorization } = request.headers;
    const path = request.url.split("?", 1)[0] ?? "";
    const denial = denialOf({ path, host, origin, authorization }, { host: at.host, token });
    if (denial === undefined) return;
    if (denial.status === 401) reply.header("www-authenticate", 'Bearer realm="wayleave"');
    return sendProblem(reply, { ...denial, code: "not-admitted" });
  });
  const sources = { ...given, replicas: new ReplicaBook(given), leases: new LeaseBook(given) };
  const endpoints = new Endpoints(server);
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
  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    if (error instanceof Refusal) return sendProblem(reply, error.problem);
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, { status, code: "bad-request", detail: error.message });
    logger.error({ error: error.stack }, "admin-failed");
    return sendProblem(reply, {
      status,
      code: "internal",
      detail: "the admin listener failed; the log says more",
    });
  });
  addStatusApi(endpoints, sources);
  addTableApi(endpoints, sources);
  addReloadApi(endpoints, sources);
  const streams = addStreamApi(endpoints, sources);
  addDashboard(server);
  return { server, streams };
}
