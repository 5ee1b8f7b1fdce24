// What a route may say of how its traffic is treated, and what `table/settings` may say for all routes. The
// descriptions are published: in the JSON Schemas, and in docs/reference.

import * as z from "zod";

import { chainSchema } from "./certificate.ts";
import { isNamed, parseHost } from "./host.ts";
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
const balanceSchema = z.union(
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
const affinitySchema = z.discriminatedUnion("mode", [
  z.looseObject({ mode: z.literal("none") }),
  z.looseObject({
    mode: z.literal("app-cookie"),
    cookies: z
      .array(cookieName)
      .min(1, "needs the name of one session cookie or more")
      .describe("The app's session cookies."),
  }),
  z.looseObject({ mode: z.literal("router-cookie") }),
]);

/** Deadlines of one exchange, in milliseconds. */
const timeoutsSchema = z.looseObject({
  connectMs: milliseconds.optional().describe("To connect to an instance."),
  answerHeadMs: milliseconds.optional().describe("From the end of the request to the head of the answer."),
  bodyIdleMs: milliseconds.optional().describe("Between two pieces of a body, in either direction."),
  exchangeMs: milliseconds.optional().describe("For the whole exchange, all attempts together."),
});

/** How often an exchange may try another instance: `attempts` counts the first one. */
const retriesSchema = z.looseObject({
  attempts: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("How many instances are tried, the first one counted. 1 is: no retry."),
});

/** Limits of one route: bytes, connections, milliseconds. */
const limitsSchema = z.looseObject({
  maxBodyBytes: z.int().min(0).optional().describe("A larger request body is a 413."),
  connectionsPerInstance: z
    .int()
    .min(1)
    .optional()
    .describe("Of one router to one instance. When all instances are at it, the answer is a 503."),
  upgradedMs: milliseconds.optional().describe("How long an upgraded connection (a WebSocket) may live."),
});

/** Limits of a listener, which hold before a route is known. */
export const listenerSchema = z.looseObject({
  maxHeadBytes: z
    .int()
    .min(1024)
    .max(1024 * 1024)
    .optional()
    .describe("A larger request head is a 431."),
  maxHeaders: z.int().min(1).max(10_000).optional().describe("More request header fields are a 431."),
  headMs: milliseconds.optional().describe("A request head that takes longer is a 408."),
  keepAliveMs: milliseconds.optional().describe("How long an idle client connection is kept."),
  maxConnections: z.int().min(1).optional().describe("Of clients, open at once."),
  clientCertificates: z
    .looseObject({
      ca: chainSchema.describe("The authorities that a client's certificate must come from, in PEM."),
      mode: z
        .enum(["request", "require"])
        .optional()
        .describe("`require`: clients without a certificate are not let in. `request` when not said."),
    })
    .optional()
    .describe("Clients over TLS are asked for a certificate. A router's own `--client-ca` beats it."),
});

/** Passive ejection: how many failures in a row, and for how long an instance is left out. */
const ejectionSchema = z.looseObject({
  consecutiveFailures: z
    .int()
    .min(1)
    .optional()
    .describe("So many gateway failures in a row leave an instance out. One failed connection does at once."),
  baseMs: milliseconds.optional().describe("For how long, times the number of its ejections so far."),
  maxMs: milliseconds.optional().describe("The longest that it is left out."),
});

/** What a route asks of clients in regard to TLS, and promises to those with it. */
const httpsSchema = z.looseObject({
  redirect: z.boolean().optional().describe("Requests without TLS are sent to https, with a 308."),
  port: z.int().min(1).max(65535).optional().describe("Where clients find https."),
  hstsSeconds: z
    .int()
    .min(0)
    .optional()
    .describe("Answers over TLS tell browsers to come only so, for so long (RFC 6797)."),
  clientCertificate: z
    .enum(["optional", "required"])
    .optional()
    .describe(
      "`required`: clients without a certificate that this router, or a trusted proxy, verified get a 403.",
    ),
});

const servernameSchema = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host.ok && isNamed(host.value) && !host.value.startsWith("*")) return host.value;
  context.addIssue({ code: "custom", message: host.ok ? "must be the name of one host" : host.reason });
  return z.NEVER;
});

/**
 * What instances that speak TLS have to prove, and what they are shown. There is no way to trust whoever answers:
 * that is what TLS is there to prevent.
 */
const instanceTlsSchema = z
  .looseObject({
    ca: chainSchema
      .optional()
      .describe(
        "The authorities that an instance's certificate may come from, in PEM; else the public ones.",
      ),
    servername: servernameSchema.optional().describe("The host that is named in the handshake (SNI)."),
    identity: z
      .enum(["address", "servername", "instance-id"])
      .optional()
      .describe(
        "What an instance's certificate must be for; when not said, `servername` where there is one, else `address`.",
      ),
    clientCertificate: nameSchema
      .optional()
      .describe("The certificate record by which routers say who they are, to instances that ask."),
  })
  .refine(({ identity, servername }) => identity !== "servername" || servername !== undefined, {
    path: ["servername"],
    message: 'is missing, for an identity of "servername"',
  });

/** The fields that a route may set and that `table/settings` sets for all routes. */
export const policyFields = {
  balance: balanceSchema.optional().describe("How the next instance is picked."),
  affinity: affinitySchema.optional().describe("Which clients keep to their instance."),
  timeouts: timeoutsSchema.optional().describe("Deadlines of one exchange."),
  retries: retriesSchema.optional().describe("When another instance is tried."),
  limits: limitsSchema.optional().describe("What one route may use."),
  ejection: ejectionSchema.optional().describe("When a failing instance is left out for a while."),
  https: httpsSchema.optional().describe("What is asked of clients in regard to TLS."),
  instanceTls: instanceTlsSchema
    .optional()
    .describe("What instances of the protocols `https` and `h2` have to prove."),
  slowStartMs: milliseconds
    .optional()
    .describe("A young instance gets its share of requests by its age over this."),
};

/** One app that a route leads to, optionally only its instances of one version, with a share. */
export const destinationSchema = z.looseObject({
  app: nameSchema.describe("The app."),
  version: z.string().min(1).optional().describe("Only its instances of this version."),
  weight: z
    .number()
    .min(0, "must not be negative")
    .max(1_000_000)
    .optional()
    .describe("Its share among the destinations; 1 when not said, 0 gets nothing."),
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
export type InstanceTls = z.infer<typeof instanceTlsSchema>;
export type Destination = z.infer<typeof destinationSchema>;

function isHash(input: unknown): boolean {
  return input === "hash" || (typeof input === "object" && input !== null && "hash" in input);
}
