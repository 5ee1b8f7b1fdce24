import * as z from "zod";

/** What `POST /api/reload` replaced: each worker, in order, by the code that is on disk now. */
export const reloadResultSchema = z.object({
  workers: z.array(
    z.object({
      place: z.int().min(0),
      replaced: z.int().nullable().describe("Process id; null: the place was empty."),
      pid: z.int(),
    }),
  ),
  tookMs: z.number().min(0),
});

export type ReloadResult = z.infer<typeof reloadResultSchema>;
