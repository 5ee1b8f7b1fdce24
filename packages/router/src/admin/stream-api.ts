// The two streams of server-sent events: what changes, and sampled requests.

import { parseHost } from "@wayleave/records";
import { type Topic, streamMessageSchema, tapMessageSchema, topicSchema } from "@wayleave/records/api";
import type { FastifyReply } from "fastify";
import * as z from "zod";

import type { AdminSources } from "./admin-sources.ts";
import type { Endpoints } from "./endpoints.ts";
import { Refusal } from "./problem.ts";
import { StreamHub } from "./stream/stream-hub.ts";
import { TapHub } from "./stream/tap-hub.ts";

const topicsSchema = z
  .string()
  .transform((given) => given.split(","))
  .pipe(z.array(topicSchema));
const streamQuery = z.strictObject({
  topics: topicsSchema.optional().describe("Separated by commas; all when not said."),
});
const tapQuery = z.strictObject({
  host: z.string().min(1).optional().describe("The request's host, or its route's."),
  app: z.string().min(1).optional(),
  status: z
    .string()
    .regex(/^[1-5](?:xx|\d\d)$/, "is a status, or a class as 5xx")
    .optional(),
  rate: z.coerce.number().min(0.1).max(100).default(20).describe("At most so many samples a second."),
});

/** Adds `/api/stream` and `/api/tap`. Gives what is to be closed with the listener. */
export function addStreamApi(endpoints: Endpoints, sources: AdminSources): { close(): void } {
  const hub = new StreamHub(sources);
  const taps = new TapHub(sources);
  const listener = {
    changing: () => undefined,
    happened: () => undefined,
    statusChanged: () => undefined,
    pulsed: () => undefined,
    tapped: (batch: Parameters<TapHub["tapped"]>[0]) => taps.tapped(batch),
  };
  sources.live.listeners.add(listener);
  endpoints.add(
    {
      method: "GET",
      path: "/api/stream",
      summary: "Everything that changes: a snapshot, then changes; resumable by `Last-Event-ID`.",
      query: streamQuery,
      answer: "text/event-stream",
      events: streamMessageSchema,
      problems: [503],
    },
    ({ query, request, reply }) => {
      if (hub.isFull) throw tooMany("streams");
      const topics: ReadonlySet<Topic> = new Set(query.topics ?? topicSchema.options);
      const lastEventId = request.headers["last-event-id"];
      hub.attach(openStream(reply).raw, topics, typeof lastEventId === "string" ? lastEventId : undefined);
    },
  );
  endpoints.add(
    {
      method: "GET",
      path: "/api/tap",
      summary: "A sample of the requests that are answered from now on, of all workers.",
      query: tapQuery,
      answer: "text/event-stream",
      events: tapMessageSchema,
      problems: [503],
    },
    ({ query, reply }) => {
      if (taps.isFull) throw tooMany("taps");
      const host = query.host === undefined ? undefined : parseHost(query.host);
      if (host?.ok === false)
        throw new Refusal({ status: 400, code: "bad-query", detail: `?host: ${host.reason}` });
      taps.attach(openStream(reply).raw, { ...query, host: host?.value });
    },
  );
  return {
    close: () => {
      sources.live.listeners.delete(listener);
      hub.close();
      taps.close();
    },
  };
}

function tooMany(what: string): Refusal {
  return new Refusal({ status: 503, code: "too-many", detail: `there are too many ${what} already` });
}

// From here on the reply is the stream's.
function openStream(reply: FastifyReply): FastifyReply {
  reply.header("content-type", "text/event-stream; charset=utf-8");
  // A proxy in between must not collect it.
  reply.header("x-accel-buffering", "no");
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.flushHeaders();
  return reply;
}
