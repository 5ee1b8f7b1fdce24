// What `/api/stream` sends. Each server-sent event has an `id` and one JSON object in `data`; there is no `event` name.
//
// First comes a snapshot: `begin`, then messages of every topic asked for, then `end`. What follows are changes, in the
// same messages: `upserts` replace rows by their key, `removes` take them away. With `Last-Event-ID` only the changes
// since then come; when those are gone, a new snapshot does: `begin` says to forget what was there.

import * as z from "zod";

import { totalsSchema } from "./figures.ts";
import { liveEventSchema } from "./live-event.ts";
import { rejectionViewSchema, replicaViewSchema, statusSchema } from "./status.ts";
import {
  appViewSchema,
  instanceFiguresSchema,
  instanceViewSchema,
  routeFiguresSchema,
  routeViewSchema,
} from "./table-views.ts";

/** What can be asked for: `?topics=status,routes`; all of them when nothing is. */
export const topicSchema = z.enum([
  "status",
  "totals",
  "routes",
  "apps",
  "instances",
  "replicas",
  "rejected",
  "events",
]);

/** The server's clock when the message was made, in epoch milliseconds. */
const now = z.number();

export const streamMessageSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("begin"), now, topics: z.array(topicSchema) }),
  z.object({ kind: z.literal("end"), now }),
  z.object({ kind: z.literal("status"), now, status: statusSchema }),
  z.object({
    kind: z.literal("totals"),
    now,
    totals: z.array(totalsSchema).describe("In a snapshot the last 300 seconds, then one each second."),
  }),
  z.object({
    kind: z.literal("routes"),
    now,
    upserts: z.array(routeViewSchema),
    removes: z.array(z.object({ host: z.string(), path: z.string() })),
  }),
  z.object({
    kind: z.literal("route-figures"),
    now,
    figures: z.array(routeFiguresSchema).describe("Once a second, of routes whose figures changed."),
  }),
  z.object({
    kind: z.literal("apps"),
    now,
    upserts: z.array(appViewSchema),
    removes: z.array(z.object({ app: z.string() })),
  }),
  z.object({
    kind: z.literal("instances"),
    now,
    upserts: z.array(instanceViewSchema),
    removes: z.array(z.object({ app: z.string(), id: z.string() })),
  }),
  z.object({ kind: z.literal("instance-figures"), now, figures: z.array(instanceFiguresSchema) }),
  z.object({
    kind: z.literal("replicas"),
    now,
    replicas: z.array(replicaViewSchema).describe("All of them: replaces what was there."),
  }),
  z.object({
    kind: z.literal("rejected"),
    now,
    rejected: z.array(rejectionViewSchema).describe("All of them, at most 1,000: replaces what was there."),
  }),
  z.object({
    kind: z.literal("events"),
    now,
    events: z.array(liveEventSchema).describe("The oldest first; in a snapshot the last 500."),
  }),
]);

export type Topic = z.infer<typeof topicSchema>;
export type StreamMessage = z.infer<typeof streamMessageSchema>;
