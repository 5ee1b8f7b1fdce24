// The engine on node:http and http-proxy: the reference that the wire engine is checked against.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { type Socket, Server as NetServer } from "node:net";
import type { Duplex } from "node:stream";

import { classifyError } from "../../request/classify.ts";
import type { Exchange, RequestHead } from "../../request/exchange.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Engine, EngineSettings, ListenOn } from "../engine.ts";
import { Trusts } from "../instance-tls/trusts.ts";
import { awaitProxyHeader } from "./await-proxy-header.ts";
import { ClientConnection } from "./client-connection.ts";
import { createGuardedProxy } from "./guarded-proxy.ts";
import { IdlePool } from "./idle-pool.ts";
import { ProxiedExchange } from "./proxied-exchange.ts";
import { answerRaw } from "./raw-answer.ts";
import type { Served, Shared } from "./served.ts";

/** How often Node looks for heads that are late: `headMs` holds to that. */
const CHECK_HEADS_MS = 250;

/** Makes the engine; see {@link Engine}. */
export function createHttpProxyEngine(settings: EngineSettings): Engine {
  return new HttpProxyEngine(settings);
}

class HttpProxyEngine implements Engine {
  readonly #settings: EngineSettings;
  readonly #server: Server;
  readonly #connections = new Map<Duplex, ClientConnection>();
  readonly #shared: Shared;
  #isClosing = false;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.#shared = {
      proxy: createGuardedProxy(),
      pool: new IdlePool(),
      trusts: new Trusts(settings.clientIdentities),
      isClosing: () => this.#isClosing,
    };
    this.#server = createServer({
      insecureHTTPParser: false,
      joinDuplicateHeaders: false,
      // One Host or none is for request/ to judge.
      requireHostHeader: false,
      noDelay: true,
      requestTimeout: 0,
      connectionsCheckingInterval: CHECK_HEADS_MS,
      keepAliveTimeoutBuffer: 0,
      shouldUpgradeCallback: isWebSocket,
    });
    // Node drops the fields beyond its limit without a word. All are read here, and then counted.
    this.#server.maxHeadersCount = 0;
    if (settings.proxyProtocol === true) this.#acceptBehindHeader();
    else this.#server.prependListener("connection", (socket: Socket) => void this.#accept(socket));
    this.#server.on("request", (request, response) => this.#serve({ request, response }));
    this.#server.on("checkContinue", (request, response) =>
      this.#serve({ request, response, expectsContinue: true }),
    );
    this.#server.on("checkExpectation", (request, response) => this.#serve({ request, response }));
    for (const event of ["upgrade", "connect"] as const) {
      this.#server.on(event, (request, _, head) => this.#serveUpgrade(request, head));
    }
    this.#server.on("clientError", (error, socket) =>
      this.#clientFailed(error, this.#connections.get(socket)),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** It does not speak HTTP/2. */
  get instanceSessions(): number {
    return 0;
  }

  listen(on: ListenOn): Promise<{ readonly port: number }> {
    this.#applyPolicy();
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen("handle" in on ? on.handle : { host: on.host, port: on.port }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve({ port: typeof address === "object" && address !== null ? address.port : 0 });
      });
    });
  }

  async listenTls(): Promise<never> {
    throw new RangeError("the engine http-proxy takes no TLS: use the engine wire");
  }

  dropIdle(instance: InstanceEntry): void {
    this.#shared.pool.drop(instance.authority);
  }

  dropSecure(): void {
    this.#shared.pool.dropSecure();
  }

  async retire(): Promise<void> {
    this.#isClosing = true;
    // node:http's own close would end idle connections.
    await new Promise<void>((resolve) => void NetServer.prototype.close.call(this.#server, () => resolve()));
    await this.#emptied();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#shared.pool.close();
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const { socket, running, isSilent } of this.#connections.values()) {
      running?.endTunnel();
      // Nothing of a request has come: what Node calls idle has at least had one.
      if (running === undefined && isSilent) socket.destroy();
    }
    await closed;
    await this.#emptied();
  }

  destroy(): void {
    this.#isClosing = true;
    this.#shared.pool.close();
    this.#server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  /** Node counts a connection as closed a moment before the connection says so. */
  async #emptied(): Promise<void> {
    await Promise.all([...this.#connections.keys()].map((socket) => once(socket, "close")));
  }

  #accept(socket: Socket): ClientConnection {
    this.#applyPolicy();
    const connection = new ClientConnection(socket);
    this.#connections.set(socket, connection);
    // This listener stays when Node takes its own away, which it does for an upgrade.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#connections.delete(socket);
      connection.gone();
    });
    return connection;
  }

  /** Node's own listener gets a connection once its PROXY header is read. */
  #acceptBehindHeader(): void {
    const [serve] = this.#server.listeners("connection");
    this.#server.removeAllListeners("connection");
    this.#server.on("connection", (socket: Socket) => {
      const connection = this.#accept(socket);
      connection.prefaceBytes = Number.POSITIVE_INFINITY;
      awaitProxyHeader(socket, this.#settings.listenerPolicy().headMs, (header) => {
        connection.prefaceBytes = header.bytes;
        if (header.kind === "client") {
          const { address, port, localPort } = header;
          connection.client = { address, port, localPort, isTls: false };
        }
        serve?.call(this.#server, socket);
      });
    });
  }

  #applyPolicy(): void {
    const policy = this.#settings.listenerPolicy();
    // Read for each connection, as the others are, though it is no part of the types.
    Object.assign(this.#server, { maxHeaderSize: policy.maxHeadBytes });
    this.#server.headersTimeout = policy.headMs;
    this.#server.keepAliveTimeout = policy.keepAliveMs;
    this.#server.maxConnections = policy.maxConnections;
  }

  #serve(served: Pick<Served, "request" | "response"> & Partial<Served>): void {
    const { request } = served;
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    const isChunked = "transfer-encoding" in request.headers;
    const hasBody = bodyComesWith(request);
    connection.enqueue(() => {
      const exchange = this.#open(request, connection, hasBody);
      return new ProxiedExchange(
        this.#shared,
        { expectsContinue: false, upgradeHead: undefined, ...served, exchange, hasBody, isChunked },
        () => this.#over(request.socket, connection),
      );
    });
  }

  #serveUpgrade(request: IncomingMessage, upgradeHead: Buffer): void {
    // Node has let go of the connection. As long as it is no tunnel, it gets its answers in the same way.
    const response = new ServerResponse(request);
    response.assignSocket(request.socket);
    this.#serve({ request, response, upgradeHead });
  }

  #open(request: IncomingMessage, connection: ClientConnection, hasBody: boolean): Exchange {
    const { exchanges, listenerPolicy } = this.#settings;
    const { httpVersion } = request;
    // It waited behind others, and its body turned out to be none meanwhile.
    if (connection.lostTo !== undefined && !request.complete)
      return exchanges.refuse(connection.lostTo, connection.client);
    if (httpVersion !== "1.0" && httpVersion !== "1.1") {
      return exchanges.refuse("bad-request", connection.client, `HTTP/${httpVersion} is not spoken here`);
    }
    if (request.rawHeaders.length / 2 > listenerPolicy().maxHeaders) {
      return exchanges.refuse("head-too-large", connection.client, `${request.rawHeaders.length / 2} fields`);
    }
    const head: RequestHead = {
      method: request.method ?? "",
      target: request.url ?? "",
      httpVersion,
      rawHeaders: request.rawHeaders,
      hasBody,
      isUpgrade: isWebSocket(request),
    };
    return exchanges.open(head, connection.client);
  }

  #over(socket: Socket, connection: ClientConnection): void {
    connection.next();
    if (this.#isClosing && connection.running === undefined) socket.destroySoon();
  }

  #clientFailed(error: Error, connection: ClientConnection | undefined): void {
    if (connection === undefined || connection.lostTo !== undefined || connection.socket.destroyed) return;
    const { socket } = connection;
    const failure = classifyError(error, "request");
    connection.lostTo = failure;
    const { running } = connection;
    // A browser connects ahead of need: there is no request to answer yet.
    if (failure === "client-gone" || (failure === "head-timeout" && connection.isSilent)) socket.destroy();
    else if (running?.isReading === true) running.clientFailed(failure);
    else {
      connection.afterwards(() => {
        if (!socket.writable) return;
        const exchange = this.#settings.exchanges.refuse(failure, connection.client, error.message);
        exchange.finish({ bytesIn: 0, bytesOut: answerRaw(socket, exchange, undefined) });
      });
    }
  }
}

/** http-proxy can upgrade to nothing else. */
function isWebSocket(request: IncomingMessage): boolean {
  const { upgrade, connection = "" } = request.headers;
  const isAsked = /(?:^|,)\s*upgrade\s*(?:$|,)/i.test(connection);
  return (
    request.method === "GET" &&
    request.httpVersion === "1.1" &&
    isAsked &&
    !bodyComesWith(request) &&
    upgrade?.toLowerCase() === "websocket"
  );
}

function bodyComesWith({ headers }: IncomingMessage): boolean {
  return "transfer-encoding" in headers || Number(headers["content-length"] ?? 0) > 0;
}
