import { type EtcdCluster, realEtcd, startEtcd } from "@wayleave/testkit";
import { Etcd3, type IWatchCreateRequest, type IWatchResponse } from "etcd3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "./start-embedded-etcd.ts";

const RUNS = 60;
const REQUESTS_A_RUN = 30;
const SEEN_WITHIN_MS = 20_000;
const WITHOUT_PUTS = 0; // WatchCreateRequest.FilterType
const WITHOUT_DELETES = 1;

const bytes = (...texts: string[]): fc.Arbitrary<Buffer> =>
  fc.constantFrom(...texts.map((text) => Buffer.from(text)));
const seldom = (arbitrary: fc.Arbitrary<unknown>, otherwise?: unknown): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

// Few keys, so that requests meet; fewer than 12, as Go's sort is stable up to there.
const key = fc.oneof(
  { weight: 25, arbitrary: bytes("a", "b", "c", "ca", "d") },
  { weight: 1, arbitrary: bytes("") },
);
// Absent, not empty: an end that is sent as empty bytes means the end of all keys to a range of etcd, and to nothing else.
const rangeEnd = fc.option(bytes("b", "cb", "z"), { nil: undefined, freq: 1 });
const rangeEndOrAll = fc.option(bytes("b", "cb", "z", "\0"), { nil: undefined, freq: 1 });
const value = bytes("", "x", "y");
const lease = fc.constantFrom(1, 2, -3);
const flag = seldom(fc.constant(true), false);
/** How many revisions ago; below 0 is the future. Fields named so become revisions when the request is sent. */
const back = fc.integer({ min: -1, max: 12 });

const range = fc.record({
  key,
  range_end: rangeEndOrAll,
  limit: fc.integer({ min: -1, max: 3 }),
  revision_back: seldom(back),
  sort_order: fc.integer({ min: 0, max: 2 }),
  sort_target: fc.integer({ min: 0, max: 4 }),
  serializable: flag,
  keys_only: flag,
  count_only: flag,
  min_mod_revision_back: seldom(back),
  max_mod_revision_back: seldom(back),
  min_create_revision_back: seldom(back),
  max_create_revision_back: seldom(back),
});
const put = fc.record({
  key,
  value,
  lease: seldom(lease, 0),
  prev_kv: flag,
  ignore_value: flag,
  ignore_lease: flag,
});
const deleteRange = fc.record({ key, range_end: rangeEnd, prev_kv: flag });
const compareTarget = fc.oneof(
  fc.record({ target: fc.constant(0), version: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ target: fc.constant(1), create_revision_back: back }),
  fc.record({ target: fc.constant(2), mod_revision_back: back }),
  fc.record({ target: fc.constant(3), value }),
  fc.record({ target: fc.constant(4), lease: seldom(lease, 0) }),
  fc.record({ target: fc.integer({ min: 0, max: 4 }) }), // without its value: 0 or empty
);
const compare = fc
  .tuple(fc.record({ key, range_end: rangeEnd, result: fc.integer({ min: 0, max: 3 }) }), compareTarget)
  .map(([condition, target]) => ({ ...condition, ...target }));
const simpleOp = fc.oneof(
  fc.record({ request_range: range }),
  fc.record({ request_put: put }),
  fc.record({ request_delete_range: deleteRange }),
);

function txnOf(op: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const ops = fc.array(op, { maxLength: 3 });
  return fc.record({ compare: fc.array(compare, { maxLength: 2 }), success: ops, failure: ops });
}

const txn = txnOf(
  fc.oneof(
    { weight: 4, arbitrary: simpleOp },
    { weight: 1, arbitrary: fc.record({ request_txn: txnOf(simpleOp) }) },
  ),
);

const METHODS = [
  "range",
  "put",
  "deleteRange",
  "txn",
  "compact",
  "grant",
  "revoke",
  "timeToLive",
  "leases",
] as const;
type Method = (typeof METHODS)[number];
interface Request {
  readonly method: Method;
  readonly message: object;
}

function requests(method: Method, message: fc.Arbitrary<object>): fc.Arbitrary<Request> {
  return message.map((each) => ({ method, message: each }));
}

const request = fc.oneof(
  { weight: 5, arbitrary: requests("range", range) },
  { weight: 8, arbitrary: requests("put", put) },
  { weight: 3, arbitrary: requests("deleteRange", deleteRange) },
  { weight: 5, arbitrary: requests("txn", txn) },
  { weight: 1, arbitrary: requests("compact", fc.record({ revision_back: back })) },
  { weight: 2, arbitrary: requests("grant", fc.record({ ID: lease, TTL: fc.constant(10_000) })) },
  { weight: 1, arbitrary: requests("revoke", fc.record({ ID: lease })) },
  { weight: 1, arbitrary: requests("timeToLive", fc.record({ ID: lease, keys: fc.constant(true) })) },
  { weight: 1, arbitrary: requests("leases", fc.constant({})) },
);

const KEYS = ["a", "b", "c", "ca", "d"].map((text) => Buffer.from(text));
const watch = fc.record({
  startBack: fc.integer({ min: 1, max: 30 }),
  wish: fc.record({
    key: fc.constantFrom(...KEYS),
    range_end: fc.constantFrom(Buffer.of(), Buffer.from("z"), Buffer.of(0)),
    filters: fc.constantFrom<number[][]>([], [WITHOUT_PUTS], [WITHOUT_DELETES]),
    prev_kv: fc.boolean(),
  }),
});

const sequence = fc.array(request, { maxLength: REQUESTS_A_RUN });

function ask(client: Etcd3, { method, message }: Request): Promise<object> {
  const { kv, leaseClient } = client;
  switch (method) {
    case "range":
    case "put":
    case "deleteRange":
    case "txn":
    case "compact":
      return kv[method](message);
    case "grant":
      return leaseClient.leaseGrant(message);
    case "revoke":
      return leaseClient.leaseRevoke(message);
    case "timeToLive":
      return leaseClient.leaseTimeToLive(message);
    case "leases":
      return leaseClient.leaseLeases();
  }
}

/** Turns every `x_back: n` into `x: revision - n`. */
function withRevisions(message: unknown, revision: number): unknown {
  if (Array.isArray(message)) return message.map((each) => withRevisions(each, revision));
  if (typeof message !== "object" || message === null || Buffer.isBuffer(message)) return message;
  const fields = Object.entries(message).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    fields.map(([name, field]) =>
      name.endsWith("_back")
        ? [name.slice(0, -"_back".length), revision - Number(field)]
        : [name, withRevisions(field, revision)],
    ),
  );
}

// What depends on who answers, on the clock, or on Go's order of maps.
const OWN_FIELDS = new Set(["cluster_id", "member_id", "raft_term", "TTL"]);

function comparable(answer: unknown): unknown {
  if (Buffer.isBuffer(answer)) return answer.toString();
  if (Array.isArray(answer)) return answer.map(comparable);
  if (typeof answer !== "object" || answer === null) return answer;
  const fields = Object.entries(answer).filter(([name]) => !OWN_FIELDS.has(name));
  return Object.fromEntries(
    fields.map(([name, field]) => {
      const isUnordered = (name === "keys" || name === "leases") && Array.isArray(field);
      return [
        name,
        isUnordered ? field.map((each) => JSON.stringify(comparable(each))).toSorted() : comparable(field),
      ];
    }),
  );
}

describe.skipIf(!realEtcd.isAvailable)("the embedded etcd beside a real one", () => {
  // Both begin at revision 1 and get the same requests, so answers must be the same in everything, revisions too.
  let etcd: EtcdCluster;
  let embedded: EmbeddedEtcd;
  let clients: Etcd3[];
  let compactedAt = -1;

  beforeAll(async () => {
    [etcd, embedded] = await Promise.all([startEtcd(), startEmbeddedEtcd()]);
    clients = [...etcd.endpoints, embedded.endpoint].map((hosts) => new Etcd3({ hosts }));
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await Promise.all([etcd.close(), embedded.close()]);
  });

  async function revision(): Promise<number> {
    const answer = await clients[0]?.kv.range({ key: Buffer.from("a") });
    return Number(answer?.header.revision);
  }

  async function askBoth(wanted: Request): Promise<unknown[]> {
    const message = Object(withRevisions(wanted.message, await revision()));
    const answers = clients.map(async (client) => {
      try {
        const answer = await ask(client, { ...wanted, message });
        if (wanted.method === "compact") compactedAt = Number(message.revision);
        return comparable(answer);
      } catch (error) {
        return String(error);
      }
    });
    return Promise.all(answers);
  }

  it("answers every request of any sequence alike", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(sequence, async (requested) => {
        for (const each of requested) {
          const [ofReal, ofEmbedded] = await askBoth(each);
          expect(ofEmbedded).toEqual(ofReal);
        }
      }),
      // Not shrunk: a later run would begin where this one differed.
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it("shows every watch the same history", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        sequence,
        fc.array(watch, { minLength: 1, maxLength: 5 }),
        async (requested, watches) => {
          for (const each of requested) await askBoth(each);
          // Every key is put and then deleted at last, so each watch can tell when it has seen all.
          await askBoth({
            method: "txn",
            message: { success: KEYS.map((each) => ({ request_put: { key: each } })) },
          });
          await askBoth({
            method: "deleteRange",
            message: { key: Buffer.from("a"), range_end: Buffer.from("z") },
          });
          const newest = await revision();
          for (const each of watches) {
            const lastRevision = each.wish.filters.includes(WITHOUT_DELETES) ? newest - 1 : newest;
            const wanted = Math.max(1, newest - each.startBack);
            // A delete at the very revision that was compacted is lost to a watch of etcd 3.4; not to ours.
            const startRevision = wanted === compactedAt ? wanted + 1 : wanted;
            const message = { ...each.wish, start_revision: startRevision };
            const [ofReal, ofEmbedded] = await Promise.all(
              clients.map((client) => history(client, message, lastRevision)),
            );
            expect(ofEmbedded).toEqual(ofReal);
          }
        },
      ),
      { numRuns: RUNS / 2, endOnFailure: true },
    );
  });
});

/** All that a watch shows up to a revision, or its refusal. */
async function history(client: Etcd3, wish: IWatchCreateRequest, lastRevision: number): Promise<unknown[]> {
  const stream = await client.watchClient.watch();
  const seen: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("a watch did not show all")), SEEN_WITHIN_MS);
  stream.on("error", reject);
  stream.on("data", (answer: IWatchResponse) => {
    if (answer.canceled) seen.push({ compactedAt: answer.compact_revision });
    seen.push(...answer.events.map(comparable));
    const isLast = Number(answer.events.at(-1)?.kv.mod_revision) >= lastRevision;
    if (isLast || answer.canceled) resolve();
  });
  stream.write({ create_request: wish });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    // The other way round, etcd3 takes the cancellation for a failure and closes the channel of all its calls.
    stream.end();
    stream.cancel();
  }
  return seen;
}
