// Live figures: what came in the last seconds, not since the start. Times are epoch milliseconds.

import * as z from "zod";

const milliseconds = z.number().min(0).nullable();

/** What a route, an app or the router did in the last 10 seconds. */
export const figuresSchema = z.object({
  requestsPerSecond: z.number().min(0),
  errorShare: z.number().min(0).max(1).describe("Of all requests, those that ended in a 5xx or were cut."),
  p50Ms: milliseconds.describe("Null: there was no request."),
  p95Ms: milliseconds,
  p99Ms: milliseconds,
  lastRequestAt: z.number().nullable().describe("Epoch milliseconds, by the second; null: never."),
});

/** One second of the whole router. */
export const totalsSchema = z.object({
  at: z.number().describe("Epoch milliseconds at the end of that second."),
  requestsPerSecond: z.number().min(0),
  errorsPerSecond: z.number().min(0).describe("5xx, and answers that were cut."),
  p50Ms: milliseconds,
  p95Ms: milliseconds,
  p99Ms: milliseconds,
  active: z.int().min(0).describe("Requests that run now."),
  connections: z.int().min(0).describe("Open client connections."),
});

export type Figures = z.infer<typeof figuresSchema>;
export type Totals = z.infer<typeof totalsSchema>;
