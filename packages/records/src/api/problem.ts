import * as z from "zod";

/** Every refusal (RFC 9457, `application/problem+json`). The codes are stable; the detail is for people. */
export const problemSchema = z.object({
  status: z.int(),
  title: z.string(),
  code: z.string(),
  detail: z.string(),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe("Each wrong field of the body, by its JSON pointer (RFC 6901)."),
  current: z
    .object({ revision: z.int().min(0), record: z.unknown() })
    .optional()
    .describe("With 412: what is there now; revision 0 and null: nothing is."),
});

export type Problem = z.infer<typeof problemSchema>;
