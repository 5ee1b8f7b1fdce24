import * as z from "zod";

import { listenerSchema, policyFields } from "./policy.ts";

const milliseconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** The record at `table/settings`: defaults for every route, changeable while routers run. */
export const settingsSchema = z.looseObject({
  ...policyFields,
  listener: listenerSchema.optional().describe("Limits that hold before a route is known."),
  diagnostics: z
    .boolean()
    .optional()
    .describe(
      "The answer to an unknown host names the nearest one that there is. It tells clients of hosts that are not theirs.",
    ),
  addressConflict: z
    .enum(["newest", "both"])
    .optional()
    .describe("Who has an address that two instance records claim."),
  shrinkHoldMs: milliseconds
    .optional()
    .describe(
      "How long removals are not believed when a list has lost most of the table. 0 believes at once.",
    ),
  suspectMs: milliseconds
    .optional()
    .describe("How long instances that vanish in a mass expiry are kept as last choice. 0 keeps none."),
});

/** See {@link settingsSchema}. */
export type Settings = z.infer<typeof settingsSchema>;
