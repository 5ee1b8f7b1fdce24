import * as z from "zod";

import { parseAddress } from "./address.ts";

const addressSchema = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: "custom", message: parsed.reason });
  return z.NEVER;
});

/** The record at `table/instances/<app>/<id>`: one address that serves an app. */
export const instanceSchema = z.looseObject({
  address: addressSchema,
  port: z.int().min(1).max(65535),
  protocol: z.enum(["http"]).default("http"),
  state: z.enum(["ready", "draining"]).default("ready"),
  version: z.string().min(1).optional(),
  zone: z.string().min(1).optional(),
  weight: z.number().min(0, "must not be negative").max(1_000_000).optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

/** See {@link instanceSchema}. */
export type Instance = z.infer<typeof instanceSchema>;
