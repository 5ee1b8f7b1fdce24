// The wire engine: HTTP/1.1 over node:net, bytes in and bytes out.

import { type Socket, createConnection } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Client } from "../../request/exchange.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Engine, EngineSettings, ListenOn, TlsSettings } from "../engine.ts";
import { NO_OBSERVER } from "../connection-observer.ts";
import { Handshake, type Handshakes, type Secured } from "../tls/handshake.ts";
import { Turnstile } from "../tls/turnstile.ts";
import { FirstFlight, type FirstFlights } from "../http2/first-flight.ts";
import { FrameWatch } from "../http2/frame-watch.ts";
import { Http2Connection } from "../http2/http2-connection.ts";
import { refuseProtocol } from "../failed-socket.ts";
import { InstanceSessions } from "../http2/instance/instance-sessions.ts";
import { connectSecure } from "../instance-tls/connect-secure.ts";
import { type Trust, Trusts } from "../instance-tls/trusts.ts";
import type { AcceptedHandle } from "./accepted-handle.ts";
import { ClientConnection, type ClientConnections } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { InstancePool } from "./instance-pool.ts";
import { LinkedList } from "./linked-list.ts";
import type { OpenConnection } from "./open-connection.ts";
import { type ByteReceiver, adoptHandle, connectSocket, readShared } from "./shared-read.ts";
import { TcpListener } from "./tcp-listener.ts";
import type { WireConnection } from "./wire-socket.ts";

/** The engine of TypeScript's own: a strict parser of its own, and no stream between two sockets. */
export function createWireEngine(settings: EngineSettings): Engine {
  return new WireEngine(settings);
}

function connect(instance: InstanceEntry, trust: Trust | undefined, receiver: ByteReceiver): Socket {
  const { protocol, address, port } = instance.record;
  if (protocol === "http") return connectSocket(address, port, receiver);
  if (protocol !== "https" || trust === undefined) return refuseProtocol(instance);
  return connectSecure(instance, { trust, protocols: ["http/1.1"], onread: readShared(receiver) });
}

function connectSession(instance: InstanceEntry, trust: Trust | undefined): Socket {
  const { address, port } = instance.record;
  if (trust !== undefined) return connectSecure(instance, { trust, protocols: ["h2"] });
  return createConnection({ host: address, port, noDelay: true });
}

/** What clients are offered by ALPN, the best first. */
const PROTOCOLS = Buffer.from("\x02h2\x08http/1.1");

class WireEngine implements Engine {
  readonly #settings: EngineSettings;
  readonly #plain = new TcpListener((...accepted) => this.#accept(...accepted), { isTls: false });
  readonly #tls = new TcpListener((...accepted) => this.#shake(...accepted), { isTls: true });
  readonly #handshakes: Handshakes | undefined;
  readonly #open = new LinkedList<OpenConnection>();
  readonly #deadlines = new Deadlines();
  /** Handshakes are 0.3 ms of computing in which nobody else is served, and sessions of HTTP/2 half of it. */
  readonly #turnstile = new Turnstile();
  readonly #pool = new InstancePool();
  readonly #sessions: InstanceSessions;
  readonly #shared: ClientConnections & FirstFlights;
  #isClosing = false;
  readonly #empty = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    const isClosing = (): boolean => this.#isClosing;
    this.#sessions = new InstanceSessions(this.#deadlines, connectSession);
    this.#shared = {
      exchanges: settings.exchanges,
      listenerPolicy: settings.listenerPolicy,
      pool: this.#pool,
      sessions: this.#sessions,
      deadlines: this.#deadlines,
      trusts: new Trusts(settings.clientIdentities),
      connect,
      proxyProtocol: settings.proxyProtocol,
      connectionObserver: settings.connectionObserver ?? NO_OBSERVER,
      frameWatch: new FrameWatch(),
      get isClosing() {
        return isClosing();
      },
      turnstile: this.#turnstile,
      onReady: (flight, { socket, client }) => {
        this.#open.delete(flight);
        this.#openHttp2(socket, client);
      },
      onClosed: (connection: OpenConnection) => this.#onClosed(connection),
    };
    this.#handshakes = settings.tls && this.#handshakesOf(settings.tls);
  }

  get connections(): number {
    return this.#open.size;
  }

  get instanceSessions(): number {
    return this.#sessions.count;
  }

  listen(on: ListenOn): Promise<{ readonly port: number }> {
    return this.#plain.listen(on);
  }

  async listenTls(on: ListenOn): Promise<{ readonly port: number }> {
    if (this.#handshakes === undefined) throw new RangeError("the engine was made without certificates");
    return await this.#tls.listen(on);
  }

  dropIdle(instance: InstanceEntry): void {
    this.#pool.drop(instance.authority);
    this.#sessions.drop(instance.authority);
  }

  dropSecure(): void {
    this.#pool.dropSecure();
    this.#sessions.dropSecure();
  }

  async retire(): Promise<void> {
    this.#stopAccepting();
    for (const connection of this.#open) if (connection instanceof Http2Connection) connection.retire();
    await this.#empty.promise;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopAccepting();
    // One turn, so that requests which are here already are read before idle connections end.
    await new Promise(setImmediate);
    for (const connection of this.#open) connection.close();
    await this.#empty.promise;
    this.destroy();
  }

  destroy(): void {
    this.#stopAccepting();
    for (const connection of this.#open) connection.destroy();
    this.#pool.destroy();
    this.#sessions.destroy();
    this.#deadlines.destroy();
  }

  #stopAccepting(): void {
    this.#isClosing = true;
    this.#plain.close();
    this.#tls.close();
    if (this.#open.size === 0) this.#empty.resolve();
  }

  #accept(handle: AcceptedHandle, client: Client): void {
    if (this.#isFull) return handle.close();
    const open = adoptHandle.bind(undefined, handle);
    this.#open.add(new ClientConnection(this.#shared, client, open));
  }

  #shake(handle: AcceptedHandle, client: Client): void {
    if (this.#isFull || this.#handshakes === undefined) {
      this.#shared.connectionObserver.handshakeFailed("connection-limit", client);
      return handle.close();
    }
    this.#open.add(new Handshake(this.#handshakes, handle, client));
  }

  get #isFull(): boolean {
    return this.#open.size >= this.#settings.listenerPolicy().maxConnections;
  }

  #handshakesOf({ contexts }: TlsSettings): Handshakes {
    return {
      contexts,
      turnstile: this.#turnstile,
      protocols: PROTOCOLS,
      deadlines: this.#deadlines,
      proxyProtocol: this.#settings.proxyProtocol === true,
      limitMs: () => this.#settings.listenerPolicy().headMs,
      onSecured: (handshake, secured) => this.#onSecured(handshake, secured),
      onFailed: (handshake, failure) => {
        if (failure !== undefined) this.#shared.connectionObserver.handshakeFailed(failure.kind, failure);
        this.#onClosed(handshake);
      },
    };
  }

  #onSecured(handshake: Handshake, { secure, client }: Secured): void {
    this.#open.delete(handshake);
    this.#shared.connectionObserver.handshakeDone({
      isResumed: secure.isSessionReused(),
      version: secure.getProtocol() ?? "unknown",
      protocol: secure.alpnProtocol || undefined,
    });
    if (secure.alpnProtocol === "h2") {
      this.#open.add(new FirstFlight(this.#shared, { secure, client }));
      return;
    }
    const open = (receiver: ByteReceiver): WireConnection => secure.readTo(receiver);
    this.#open.add(new ClientConnection(this.#shared, client, open));
  }

  #openHttp2(socket: TLSSocket, client: Client): void {
    const connection: Http2Connection = new Http2Connection(this.#shared, socket, client, () =>
      this.#onClosed(connection),
    );
    this.#open.add(connection);
    // What was asked with its first bytes is read by then, and answered.
    if (this.#isClosing) setImmediate(() => connection.close());
  }

  #onClosed(connection: OpenConnection): void {
    this.#open.delete(connection);
    if (this.#isClosing && this.#open.size === 0) this.#empty.resolve();
  }
}
