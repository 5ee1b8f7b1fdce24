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
  address: addressSchema.describe("An IP address, never a name."),
  port: z.int().min(1).max(65535).describe("The port that it listens on."),
  protocol: z
    .enum(["http", "https", "h2c", "h2"], 'must be "http", "https", "h2c" or "h2"')
    .default("http")
    .describe("What it speaks: HTTP/1.1 plain or over TLS, HTTP/2 plain or over TLS."),
  state: z
    .enum(["ready", "draining"])
    .default("ready")
    .describe("A draining one gets no new exchange; those that run finish."),
  version: z.string().min(1).optional().describe("What a route's `to` selects by."),
  zone: z.string().min(1).optional().describe("Routers of this zone prefer it."),
  weight: z
    .number()
    .min(0, "must not be negative")
    .max(1_000_000)
    .optional()
    .describe("Its share among the app's instances; 1 when not said, 0 gets nothing."),
  tags: z.record(z.string(), z.string()).optional().describe("For people and tools; routers ignore them."),
});

/** See {@link instanceSchema}. */
export type Instance = z.infer<typeof instanceSchema>;
