import type { FastifyInstance } from "fastify";

import type { ListenAt } from "../router-settings.ts";
import { VERSION } from "../version.ts";
import { type AdminServerSettings, createAdminServer } from "./admin-server.ts";
import { AdminTokens } from "./admin-tokens.ts";
import { isLoopback } from "./admit.ts";
import type { Endpoints } from "./endpoints.ts";
import { openApiOf } from "./openapi.ts";

export interface AdminSettings extends Omit<AdminServerSettings, "tokens" | "host"> {
  readonly at: ListenAt;
  /** See {@link AdminTokens}. */
  readonly token: string | undefined;
}

/** What an admin listener answers. */
export interface AdminDescription {
  readonly openApi: object;
  readonly registered: readonly string[];
}

/** The admin listener of one router. */
export class Admin {
  readonly #settings: AdminSettings;
  readonly #server: FastifyInstance;
  readonly #endpoints: Endpoints;
  readonly #registered: readonly string[];
  readonly #streams: { close(): void };
  #at: ListenAt;

  /** Throws a RangeError for tokens that make no sense. */
  constructor(settings: AdminSettings) {
    const { at, token, sources, logger } = settings;
    this.#settings = settings;
    this.#at = at;
    const tokens = new AdminTokens(token);
    const { server, endpoints, registered, streams } = createAdminServer({
      host: at.host,
      tokens,
      sources,
      logger,
    });
    this.#server = server;
    this.#endpoints = endpoints;
    this.#registered = registered;
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
    this.#endStreams();
    await this.#server.close();
  }

  destroy(): void {
    this.#endStreams();
    this.#server.server.closeAllConnections();
    void this.#server.close();
  }

  /** The document of all that it answers, and what its server has registered, as `GET /api/status`. */
  describe(): AdminDescription {
    return { openApi: openApiOf(this.#endpoints.all, VERSION), registered: this.#registered };
  }

  #endStreams(): void {
    this.#settings.sources.live.close();
    this.#streams.close();
  }
}
