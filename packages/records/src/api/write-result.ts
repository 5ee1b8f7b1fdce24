import * as z from "zod";

const place = z.object({ host: z.string(), path: z.string() });

/** What a write did, or with `?dryRun=true` would do. Records as they stand in etcd; null: there is none. */
export const writeResultSchema = z.object({
  key: z.string(),
  revision: z
    .int()
    .min(1)
    .nullable()
    .describe("Of the write, for `/api/wait`; null in a dry run, or when nothing changed."),
  isDryRun: z.boolean(),
  before: z.unknown(),
  after: z.unknown(),
  beforeRevision: z
    .int()
    .min(0)
    .describe("What `If-Match` must say; 0: there was no record, `If-None-Match: *`."),
  affected: z.object({
    text: z.string().describe("Which requests are affected, in a sentence."),
    takesFrom: place
      .nullable()
      .optional()
      .describe("The route that requests to a new route went to until now; null: a 404."),
    leavesTo: place
      .nullable()
      .optional()
      .describe("The route that a removed route's requests go to; null: a 404."),
    requestsPerSecond: z.number().min(0).describe("That are affected now."),
    warnings: z.array(z.string()),
  }),
  isApplied: z.boolean().optional().describe("With `?wait=true`: whether every replica has it."),
  behind: z
    .array(z.string())
    .optional()
    .describe(
      "With `?wait=true`: the replicas that do not have it yet; none, when they could not be listed.",
    ),
});

/** One kept record, as it stands in etcd. */
export const recordViewSchema = z.object({
  key: z.string(),
  revision: z.int().min(0),
  record: z.unknown(),
});

/** Who asks, and what may be done. */
export const sessionSchema = z.object({
  actor: z.string().describe("The name of the token, or `loopback`."),
  needsToken: z.boolean(),
});

export type WriteResult = z.infer<typeof writeResultSchema>;
export type RecordView = z.infer<typeof recordViewSchema>;
export type Session = z.infer<typeof sessionSchema>;
