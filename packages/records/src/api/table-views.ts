// What is in the table, with how it fares: rows of lists, and of the stream.

import * as z from "zod";

import { instanceSchema } from "../instance.ts";
import { routeSchema } from "../route.ts";
import { figuresSchema } from "./figures.ts";
import { healthSchema } from "./health.ts";

const count = z.int().min(0);

/** How many instances there are in each condition; they add up to `total`. */
export const instanceCountsSchema = z.object({
  total: count,
  ready: count.describe("They get requests."),
  failing: count.describe("They get requests, though the last ones failed."),
  draining: count.describe("They get no new request."),
  ejected: count.describe("Left out for a while, because they failed."),
  suspect: count.describe("Their record vanished; a last choice."),
});

/** The worst that is true of an instance, in this order. */
export const conditionSchema = z.enum(["suspect", "draining", "ejected", "failing", "ready"]);

/** What became of a route's requests since the router started. */
export const exchangeCountsSchema = z.object({
  total: count,
  byStatusClass: z.record(z.string(), count).describe("By `2xx`, `3xx`, ..."),
  failures: z.record(z.string(), count).describe("By the code of the failure; see docs/failures.md."),
});

/** A route. Its key is `host` and `path`. */
export const routeViewSchema = z.object({
  host: z.string(),
  path: z.string(),
  revision: count.describe("At which its record was last written: the value of `If-Match`."),
  ...routeSchema.shape,
  instances: instanceCountsSchema.describe("Of all apps that it leads to."),
  active: count.describe("Requests that run on the instances of its apps."),
  health: healthSchema,
  figures: figuresSchema,
  exchanges: exchangeCountsSchema.optional().describe("Not in the stream."),
});

/** An app. Its key is `app`. */
export const appViewSchema = z.object({
  app: z.string(),
  instances: instanceCountsSchema,
  routes: count.describe("That lead to it."),
  active: count,
  health: healthSchema,
});

/** An instance. Its key is `app` and `id`. */
export const instanceViewSchema = z.object({
  app: z.string(),
  id: z.string(),
  revision: count.describe(
    "At which its record was last written: the value of `If-Match`; 0 when it is gone.",
  ),
  ...instanceSchema.shape,
  since: z.iso.datetime().describe("When this router first saw it."),
  isSuspect: z.boolean(),
  condition: conditionSchema,
  active: count.describe("Requests that run on it."),
  share: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("Its part of its app's requests in the last 10 seconds."),
  failures: count.describe("In a row."),
  ejections: count.describe("In a row."),
  ejectedUntil: z.number().nullable().describe("Epoch milliseconds; null: it is not ejected."),
  tlsFailure: z
    .string()
    .nullable()
    .describe("Why the last TLS handshake with it failed; null: none did since it answered."),
  isLeased: z.boolean(),
  leaseExpiresAt: z
    .number()
    .nullable()
    .describe(
      "Epoch milliseconds, when its lease is not renewed until then; null: without a lease, or not asked.",
    ),
});

/** The part of an instance that changes without its record. */
export const instanceFiguresSchema = instanceViewSchema.pick({
  app: true,
  id: true,
  condition: true,
  active: true,
  share: true,
  failures: true,
  ejections: true,
  ejectedUntil: true,
  tlsFailure: true,
  leaseExpiresAt: true,
});

/** The part of a route that changes without its record. */
export const routeFiguresSchema = routeViewSchema.pick({
  host: true,
  path: true,
  active: true,
  figures: true,
});

export type InstanceCounts = z.infer<typeof instanceCountsSchema>;
export type Condition = z.infer<typeof conditionSchema>;
export type RouteView = z.infer<typeof routeViewSchema>;
export type AppView = z.infer<typeof appViewSchema>;
export type InstanceView = z.infer<typeof instanceViewSchema>;
export type InstanceFigures = z.infer<typeof instanceFiguresSchema>;
export type RouteFigures = z.infer<typeof routeFiguresSchema>;
