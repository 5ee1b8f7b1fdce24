// What a route may say of how its traffic is treated, and what `table/settings` may say for all routes.

import * as z from "zod";

import { nameSchema } from "./names.ts";

const MAX_MS = 2 ** 31 - 1; // Node's timers wrap beyond
const milliseconds = z.int().min(1).max(MAX_MS);
const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "not a header name (RFC 9110 section 5.6.2)");
const cookieName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "not a cookie name (RFC 6265 section 4.1.1)");

/**
 * How the next instance is picked. `hash` is consistent, with bounded load, over one property of the
 * request.
 */
export const balanceSchema = z.union(
  [
    z.enum(["round-robin", "least-connections", "power-of-two"]),
    z.strictObject({
      hash: z.union(
        [
          z.literal("client-address"),
          z.strictObject({ header: headerName }),
          z.strictObject({ cookie: cookieName }),
        ],
        { error: 'a hash needs a source: "client-address", {"header": NAME} or {"cookie": NAME}' },
      ),
    }),
  ],
  {
    error: (issue) =>
      isHash(issue.input)
        ? 'a hash needs a source: {"hash": "client-address"}, {"hash": {"header": NAME}} or {"hash": {"cookie": NAME}}'
        : 'must be "round-robin", "least-connections", "power-of-two" or {"hash": SOURCE}',
  },
);

/** Which clients keep to their instance: those to whom the app set a session cookie, or all. */
export const affinitySchema = z.discriminatedUnion("mode", [
  z.looseObject({ mode: z.literal("none") }),
  z.looseObject({
    mode: z.literal("app-cookie"),
    cookies: z.array(cookieName).min(1, "needs the name of one session cookie or more"),
  }),
  z.looseObject({ mode: z.literal("router-cookie") }),
]);

/** Deadlines of one exchange, in milliseconds. */
export const timeoutsSchema = z.looseObject({
  connectMs: milliseconds.optional(),
  answerHeadMs: milliseconds.optional(),
  bodyIdleMs: milliseconds.optional(),
  exchangeMs: milliseconds.optional(),
});

/** How often an exchange may try another instance: `attempts` counts the first one. */
export const retriesSchema = z.looseObject({ attempts: z.int().min(1).max(100).optional() });

/** Limits of one route: bytes, connections, milliseconds. */
export const limitsSchema = z.looseObject({
  maxBodyBytes: z.int().min(0).optional(),
  connectionsPerInstance: z.int().min(1).optional(),
  upgradedMs: milliseconds.optional(),
});

/** Limits of a listener, which hold before a route is known. */
export const listenerSchema = z.looseObject({
  maxHeadBytes: z
    .int()
    .min(1024)
    .max(1024 * 1024)
    .optional(),
  maxHeaders: z.int().min(1).max(10_000).optional(),
  headMs: milliseconds.optional(),
  keepAliveMs: milliseconds.optional(),
  maxConnections: z.int().min(1).optional(),
});

/** Passive ejection: how many failures in a row, and for how long an instance is left out. */
export const ejectionSchema = z.looseObject({
  consecutiveFailures: z.int().min(1).optional(),
  baseMs: milliseconds.optional(),
  maxMs: milliseconds.optional(),
});

/** The fields that a route may set and that `table/settings` sets for all routes. */
export const policyFields = {
  balance: balanceSchema.optional(),
  affinity: affinitySchema.optional(),
  timeouts: timeoutsSchema.optional(),
  retries: retriesSchema.optional(),
  limits: limitsSchema.optional(),
  ejection: ejectionSchema.optional(),
  slowStartMs: milliseconds.optional(),
};

/** One app that a route leads to, optionally only its instances of one version, with a share. */
export const destinationSchema = z.looseObject({
  app: nameSchema,
  version: z.string().min(1).optional(),
  weight: z.number().min(0, "must not be negative").max(1_000_000).optional(),
});

/** See {@link policyFields}. */
export type PolicyRecord = z.infer<z.ZodObject<typeof policyFields>>;
export type Balance = z.infer<typeof balanceSchema>;
export type Affinity = z.infer<typeof affinitySchema>;
export type Timeouts = z.infer<typeof timeoutsSchema>;
export type Retries = z.infer<typeof retriesSchema>;
export type Limits = z.infer<typeof limitsSchema>;
export type ListenerLimits = z.infer<typeof listenerSchema>;
export type Ejection = z.infer<typeof ejectionSchema>;
export type Destination = z.infer<typeof destinationSchema>;

function isHash(input: unknown): boolean {
  return input === "hash" || (typeof input === "object" && input !== null && "hash" in input);
}
