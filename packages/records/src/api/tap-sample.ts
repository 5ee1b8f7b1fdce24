import * as z from "zod";

/** One sampled request, when it is over. Milliseconds; no header and no query is told. */
export const tapSampleSchema = z.object({
  at: z.number().describe("Epoch milliseconds at which it came."),
  requestId: z.string(),
  client: z.string().describe("The address that it came from, as a trusted proxy tells it."),
  clientSubject: z
    .string()
    .nullable()
    .optional()
    .describe("The subject of the certificate that the client showed."),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  route: z.string().nullable().describe("`host/path` of the route that matched."),
  app: z.string().nullable(),
  instance: z.string().nullable().describe("The id of the last instance that was tried."),
  status: z.int(),
  failure: z
    .string()
    .nullable()
    .describe("Why the router answered itself, or cut it short; see docs/failures.md."),
  attempts: z.int().min(0),
  totalMs: z.number(),
  instanceMs: z.number(),
  ownMs: z.number(),
  bytesIn: z.int().min(0),
  bytesOut: z.int().min(0),
});

/** What `/api/tap` sends: samples, and how many requests fitted the filter but were above the rate. */
export const tapMessageSchema = z.object({
  samples: z.array(tapSampleSchema),
  skipped: z.int().min(0),
});

export type TapSample = z.infer<typeof tapSampleSchema>;
export type TapMessage = z.infer<typeof tapMessageSchema>;
