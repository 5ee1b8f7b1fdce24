// A collector of traces: takes what a router sends by OTLP over HTTP, and keeps it.

import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { text } from "node:stream/consumers";

export type Value = { readonly stringValue?: string; readonly intValue?: number };

interface KeyValue {
  readonly key: string;
  readonly value: Value;
}

/** A span as OTLP has it, its attributes made plain. */
export interface ReceivedSpan {
  readonly name: string;
  /** 2: of a server, 3: of a client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly status: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly events: readonly { readonly name: string; readonly attributes: ReceivedSpan["attributes"] }[];
  /** Of the process that sent it. */
  readonly resource: ReceivedSpan["attributes"];
}

export interface Collector extends AsyncDisposable {
  /** For `--traces`. */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  readonly headers: readonly NodeJS.Dict<string | string[]>[];
}

/** Starts a collector on a free loopback port. */
export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isTraces = request.method === "POST" && request.url === "/v1/traces";
    if (isTraces) spans.push(...spansOf(JSON.parse(await text(request))));
    headers.push(request.headers);
    response.writeHead(isTraces ? 200 : 404, { "content-type": "application/json" }).end("{}");
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the collector has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    spans,
    headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function spansOf({ resourceSpans }: Otlp): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        ...span,
        attributes: plain(span.attributes),
        events: span.events.map((event) => ({ ...event, attributes: plain(event.attributes) })),
        resource: plain(resource.attributes),
      })),
    ),
  );
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

type OtlpSpan = Omit<ReceivedSpan, "attributes" | "events" | "resource"> & {
  readonly attributes: readonly KeyValue[];
  readonly events: readonly { readonly name: string; readonly attributes: readonly KeyValue[] }[];
};

function plain(attributes: readonly KeyValue[]): ReceivedSpan["attributes"] {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
