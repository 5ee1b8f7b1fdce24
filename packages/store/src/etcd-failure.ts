// What went wrong, read from an error's text, which begins with gRPC's code: etcd gives several meanings to one code (a
// compacted revision and a future one are both "out of range"), and a watch that is cancelled has only a text.

/** What a failed call means for what to do next. */
export type FailureKind =
  /** etcd surely did not see the call: it may be made again, a write too. */
  | "not-sent"
  /** Nobody knows whether etcd did it. */
  | "unanswered"
  /** The token is unknown or ran out; a new one may do. */
  | "token"
  /** etcd has no users, so there is nobody to authenticate as. */
  | "no-users"
  | "denied"
  | "read-only"
  /** The request is larger than etcd accepts, or the answer is larger than we do. */
  | "too-large"
  | "compacted"
  | "future-revision"
  | "lease-gone"
  | "lease-exists"
  | "other";

export interface Failure {
  readonly kind: FailureKind;
  /** For people: short, without codes. */
  readonly text: string;
}

/** The text of every failure that is a deadline's. */
export const NO_ANSWER = "no answer in time";

// The order matters: the first that is found decides.
const MEANINGS: readonly (readonly [words: string, kind: FailureKind])[] = [
  ["invalid auth token", "token"],
  ["revision of auth store is old", "token"],
  ["user name is empty", "token"],
  ["authentication failed", "denied"],
  ["authentication is not enabled", "no-users"],
  ["permission denied", "denied"],
  ["PERMISSION_DENIED", "denied"],
  ["database space exceeded", "read-only"],
  ["request is too large", "too-large"],
  ["too many operations", "too-large"],
  ["eceived message larger", "too-large"],
  ["revision has been compacted", "compacted"],
  ["is a future revision", "future-revision"],
  ["requested lease not found", "lease-gone"],
  ["lease already exists", "lease-exists"],
  ["No connection established", "not-sent"],
  ["Name resolution failed", "not-sent"],
  ["Waiting for LB pick", "not-sent"],
  ["Channel closed before call started", "not-sent"],
  ["etcdserver: no leader", "not-sent"], // we ask for a leader, so etcd checks before it begins
  ["too many requests", "not-sent"],
];
const UNANSWERED =
  /^(?:1 CANCELLED|2 UNKNOWN|4 DEADLINE_EXCEEDED|8 RESOURCE_EXHAUSTED|10 ABORTED|13 INTERNAL|14 UNAVAILABLE)/;

/** Says what the error of a call or stream means. */
export function readFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const known = MEANINGS.find(([words]) => message.includes(words));
  const kind = known?.[1] ?? (UNANSWERED.test(message) ? "unanswered" : "other");
  return { kind, text: describe(message) };
}

const SYSTEM_ERRORS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["ETIMEDOUT", "connection timed out"],
  ["EHOSTUNREACH", "no route to the host"],
  ["ENETUNREACH", "no route to the network"],
  ["ENOTFOUND", "no such host"],
]);

function describe(message: string): string {
  const code = /\bE[A-Z]{5,}\b/.exec(message)?.[0] ?? "";
  const known = SYSTEM_ERRORS.get(code);
  if (known !== undefined) return known;
  if (message.includes("Name resolution failed")) return "no such host";
  if (message.includes("DEADLINE_EXCEEDED")) return NO_ANSWER;
  const alert = /ssl\/tls alert (?<words>[a-z ]+)/.exec(message)?.groups?.["words"];
  if (alert !== undefined) return `etcd answers with the TLS alert "${alert}"`;
  return message
    .replace(/^\d+ [A-Z_]+: /, "")
    .replace(/^etcdserver: /, "")
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\.? Resolution note: ?$/, "");
}
