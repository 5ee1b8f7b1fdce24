import * as z from "zod";

/** `ok`; `degraded`: requests are answered, but something is wrong; `down`: requests are not answered. */
export const healthLevelSchema = z.enum(["ok", "degraded", "down"]);

/** One thing that is wrong. The codes are stable; the text is for people. */
export const healthReasonSchema = z.object({
  level: z.enum(["degraded", "down"]),
  code: z.string().describe("A fixed word, as `no-instances` or `etcd-lost`."),
  text: z.string().describe("One sentence for people."),
  count: z.int().min(1).describe("How many apps, routes, instances or records it is true of."),
  names: z
    .array(z.string())
    .describe("The first of them, as people write them: `app`, `host/path`, `app/id`."),
});

/** How an app, a route or the whole is, and why: what is down first. */
export const healthSchema = z.object({
  level: healthLevelSchema,
  reasons: z.array(healthReasonSchema),
});

export type HealthLevel = z.infer<typeof healthLevelSchema>;
export type HealthReason = z.infer<typeof healthReasonSchema>;
export type Health = z.infer<typeof healthSchema>;
