import * as z from "zod";

/** What can happen. */
export const eventKindSchema = z.enum([
  "registered",
  "ready",
  "draining",
  "changed",
  "expired",
  "suspect",
  "removed",
  "address-taken-over",
  "ejected",
  "returned",
  "route-added",
  "route-changed",
  "route-removed",
  "settings-changed",
  "certificate-changed",
  "many-changed",
  "table-replaced",
  "rejected",
  "accepted",
  "held",
  "hold-ended",
  "etcd-lost",
  "etcd-back",
  "worker-started",
  "worker-ended",
  "admin-write",
]);

/** One thing that happened, as this router saw it. Its key is `sequence`, which counts up from the router's start. */
export const liveEventSchema = z.object({
  sequence: z.int().min(1),
  at: z.number().describe("Epoch milliseconds."),
  kind: eventKindSchema,
  level: z.enum(["info", "warn", "error"]),
  revision: z.int().min(0).nullable().describe("The etcd revision that it came with; null: none."),
  text: z.string().describe("One sentence for people."),
  host: z.string().optional(),
  path: z.string().optional(),
  app: z.string().optional(),
  instance: z.string().optional().describe("The id."),
  certificate: z.string().optional().describe("Its name."),
  key: z.string().optional(),
  actor: z.string().optional().describe("Who wrote, of an `admin-write`."),
});

export type EventKind = z.infer<typeof eventKindSchema>;
export type LiveEvent = z.infer<typeof liveEventSchema>;
