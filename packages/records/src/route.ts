import * as z from "zod";

import { destinationSchema, policyFields } from "./policy.ts";

/** The record at `table/routes/<host>/<path>`: the apps that this place leads to, and how. */
export const routeSchema = z.looseObject({
  to: z.array(destinationSchema).min(1, "needs one app or more").describe("The apps that it leads to."),
  ...policyFields,
  labels: z.record(z.string(), z.string()).optional().describe("For people and tools; routers ignore them."),
});

/** See {@link routeSchema}. */
export type Route = z.infer<typeof routeSchema>;
