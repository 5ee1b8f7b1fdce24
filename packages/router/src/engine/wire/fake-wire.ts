// The engine's parts on sockets that are none: for tests that must see every byte in its turn.

import { NO_OBSERVER } from "../connection-observer.ts";
import { Socket } from "node:net";

import type { Client, Exchange, Exchanges, RequestHead } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import { linesOf } from "../../request/field-lines.ts";
import { endToEndFields } from "../../request/hop-by-hop.ts";
import { InstanceEntry } from "../../table/instance-entry.ts";
import { resolveListenerPolicy, resolvePolicy } from "../../table/policy.ts";
import { InstanceSessions } from "../http2/instance/instance-sessions.ts";
import { Trusts } from "../instance-tls/trusts.ts";
import type { ClientConnections } from "./client-connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { InstancePool } from "./instance-pool.ts";
import type { HeadText } from "./read-fields.ts";
import type { ByteReceiver } from "./shared-read.ts";

/** A socket that goes nowhere; what is written to it can be read from `written`. */
export interface FakeSocket {
  readonly socket: Socket;
  readonly written: () => string;
  readonly isEnded: () => boolean;
}

export function createFakeSocket(): FakeSocket {
  let written = "";
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
  };
  const socket = Object.assign(new Socket(), {
    write: (data: string | Buffer) => {
      written += typeof data === "string" ? data : data.toString("latin1");
      return true;
    },
    end,
    destroy: end,
    destroySoon: end,
    resetAndDestroy: end,
  });
  return { socket, written: () => written, isEnded: () => isEnded };
}

/** A whole head as it is read out of a buffer in which something stands before it. */
export function headText(text: string): HeadText {
  return { text, bytes: Buffer.from(`before${text}`, "latin1"), start: "before".length };
}

/** A client that nobody is. */
export const FAKE_CLIENT: Client = { address: "192.0.2.1", port: 1, localPort: 80, isTls: false };

/** An instance that nobody listens at. */
export const FAKE_INSTANCE = new InstanceEntry(
  { name: "app", ejected: () => undefined, returned: () => undefined },
  "one",
  {
    address: "127.0.0.1",
    port: 1,
    protocol: "http",
    state: "ready",
    since: 0,
    isSuspect: false,
  },
);

/** Exchanges that all go to {@link FAKE_INSTANCE}, and write down what they are told. */
function createFakeExchanges(): { readonly exchanges: Exchanges; readonly told: string[] } {
  const told: string[] = [];
  const exchanges: Exchanges = {
    open: (head) => {
      told.push(`open ${head.method} ${head.target}`);
      return fakeExchange(told, head, undefined);
    },
    refuse: (failure) => {
      told.push(`refuse ${failure}`);
      return fakeExchange(told, undefined, failure);
    },
  };
  return { exchanges, told };
}

function fakeExchange(
  told: string[],
  head: RequestHead | undefined,
  refused: FailureCode | undefined,
): Exchange {
  let failure = refused;
  return {
    instance: FAKE_INSTANCE,
    get failure() {
      return failure;
    },
    policy: resolvePolicy({}, {}),
    target: head?.target ?? "",
    upgrade: undefined,
    requestHeaders: () => [...(head?.rawHeaders ?? [])],
    requestLines: () => linesOf(endToEndFields(head?.rawHeaders ?? [])),
    connecting: () => undefined,
    retry: (why) => {
      failure = why;
      return false;
    },
    answerHeaders: (_status, rawHeaders) => [...rawHeaders],
    answerLines: (_status, lines) => linesOf(endToEndFields(lines.flat())),
    failureAnswer: () => ({ status: 500, headers: [], body: Buffer.alloc(0) }),
    upgraded: () => undefined,
    answerEnded: () => undefined,
    finish: ({ cut }) => told.push(`finish ${cut ?? failure ?? "well"}`),
  };
}

/** A wire whose connections to instances are fake sockets, connected as soon as they are asked for. */
export interface FakeWire {
  readonly shared: ClientConnections;
  readonly told: readonly string[];
  readonly instances: readonly (FakeSocket & { readonly receiver: ByteReceiver })[];
}

export function createFakeWire(deadlines: Deadlines): FakeWire {
  const { exchanges, told } = createFakeExchanges();
  const instances: (FakeSocket & { receiver: ByteReceiver })[] = [];
  const policy = resolveListenerPolicy({});
  const shared: ClientConnections = {
    exchanges,
    listenerPolicy: () => policy,
    pool: new InstancePool(),
    sessions: new InstanceSessions(deadlines, () => createFakeSocket().socket),
    deadlines,
    isClosing: false,
    proxyProtocol: false,
    connectionObserver: NO_OBSERVER,
    onClosed: () => undefined,
    trusts: new Trusts(undefined),
    connect: (_instance, _trust, receiver) => {
      const fake = createFakeSocket();
      instances.push({ ...fake, receiver });
      return fake.socket;
    },
  };
  return { shared, told, instances };
}
