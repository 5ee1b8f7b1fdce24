import * as z from "zod";

import { listenerSchema, policyFields } from "./policy.ts";

const milliseconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** The record at `table/settings`: defaults for every route, changeable while routers run. */
export const settingsSchema = z.looseObject({
  ...policyFields,
  listener: listenerSchema.optional(),
  addressConflict: z.enum(["newest", "both"]).optional(),
  shrinkHoldMs: milliseconds.optional(),
  suspectMs: milliseconds.optional(),
});

/** See {@link settingsSchema}. */
export type Settings = z.infer<typeof settingsSchema>;
