// One write to one record, by compare-and-set: based on a revision, or refused with what is there now.

import type { WriteResult } from "@wayleave/records/api";
import { type Condition, type Store, StoreError, type StoredRecord, type Write } from "@wayleave/store";
import type { FastifyRequest } from "fastify";

import { isStore } from "../../control/record-source.ts";
import type { AdminSources } from "../admin-sources.ts";
import { type ProblemFacts, Refusal } from "../problem.ts";
import { writabilityOf } from "../writability.ts";
import type { Audit, AuditedWrite } from "./audit.ts";
import type { Effects } from "./effects.ts";
import { preconditionMissing, readPrecondition } from "./precondition.ts";
import { waitForReplicas } from "./wait-for-replicas.ts";

/** What is wanted of a record. */
export interface WantedWrite {
  readonly action: AuditedWrite["action"];
  readonly key: string;
  /** What it is to become, by what it is; null: it is to go. Throws a Refusal when that cannot be. */
  readonly change: (before: unknown, stored: StoredRecord | undefined) => unknown;
  readonly effects: (after: unknown) => Effects;
}

/** How a write is asked for. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly wait: boolean;
}

/** Writes records for the admin API. */
export class RecordWriter {
  readonly #sources: AdminSources;
  readonly #audit: Audit;

  constructor(sources: AdminSources, audit: Audit) {
    this.#sources = sources;
    this.#audit = audit;
  }

  /** The store, or a Refusal where there is none to write to. */
  get store(): Store {
    const { store } = this.#sources;
    if (isStore(store)) return store;
    const detail = writabilityOf(this.#sources).why ?? "";
    throw new Refusal({ status: 409, code: "static-table", detail });
  }

  /** The record that is at a key now. */
  async read(key: string): Promise<StoredRecord | undefined> {
    try {
      return (await this.store.get(key)).record;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Makes a write, or says what it would do. */
  async write(request: FastifyRequest, wanted: WantedWrite, options: WriteOptions): Promise<WriteResult> {
    const { key, action } = wanted;
    const stored = await this.read(key);
    const before = jsonOf(stored);
    let after: unknown = null;
    try {
      after = this.#plan(request, wanted, { stored, before, isDryRun: options.dryRun });
      const result = {
        key,
        before,
        after,
        beforeRevision: stored?.modRevision ?? 0,
        affected: wanted.effects(after),
      };
      if (options.dryRun) return { ...result, revision: null, isDryRun: true };
      const isSame = JSON.stringify(before) === JSON.stringify(after) && action !== "evict";
      const revision = isSame ? null : await this.#commit(wanted, { stored, after });
      this.#audit.tell(request, { action, key, before, after, revision, outcome: "done" });
      const waited = options.wait && revision !== null ? await waitForReplicas(this.#sources, revision) : {};
      return { ...result, revision, isDryRun: false, ...waited };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal instanceof Refusal && !options.dryRun) {
        const { code: outcome } = refusal.problem;
        this.#audit.tell(request, { action, key, before, after, revision: null, outcome });
      }
      throw refusal;
    }
  }

  #plan(
    request: FastifyRequest,
    { change }: WantedWrite,
    found: {
      readonly stored: StoredRecord | undefined;
      readonly before: unknown;
      readonly isDryRun: boolean;
    },
  ): unknown {
    const { stored, before, isDryRun } = found;
    const revision = stored?.modRevision ?? 0;
    const precondition = readPrecondition(request.headers);
    const after = change(before, stored);
    if (precondition === undefined && !isDryRun) throw preconditionMissing(revision);
    if (precondition !== undefined && precondition !== revision) throw conflict(stored);
    return after;
  }

  async #commit(
    { action, key }: WantedWrite,
    { stored, after }: { readonly stored: StoredRecord | undefined; readonly after: unknown },
  ): Promise<number> {
    const condition: Condition =
      stored === undefined ? { key, is: "absent" } : { key, modRevision: stored.modRevision };
    const put = (value: unknown): Write => ({
      put: key,
      value: JSON.stringify(value),
      // A record keeps its lease: it goes when its registrar does.
      ...(stored !== undefined && stored.lease !== "0" && { lease: stored.lease }),
    });
    try {
      if (action !== "evict")
        return await this.store.commit([after === null ? { delete: key } : put(after)], [condition]);
      // Draining first: a record that vanishes without that looks like a crash, and stays a last choice for a while.
      const drained = { ...objectOf(stored), state: "draining" };
      const modRevision = await this.store.commit([put(drained)], [condition]);
      return await this.store.commit([{ delete: key }], [{ key, modRevision }]);
    } catch (error) {
      if (error instanceof StoreError && error.code === "conflict") throw conflict(await this.read(key));
      throw error;
    }
  }
}

/** The JSON of a record; null: there is none, or it is not JSON. */
export function jsonOf(stored: StoredRecord | undefined): unknown {
  if (stored === undefined) return null;
  try {
    return JSON.parse(stored.value);
  } catch {
    return null;
  }
}

/** The fields of a record that is an object. */
export function objectOf(stored: StoredRecord | undefined): Record<string, unknown> {
  const json = jsonOf(stored);
  return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : {};
}

function conflict(stored: StoredRecord | undefined): Refusal {
  const current = { revision: stored?.modRevision ?? 0, record: jsonOf(stored) };
  const is =
    stored === undefined ? "there is no such record" : `it was last written at revision ${current.revision}`;
  return new Refusal({ status: 412, code: "conflict", detail: `${is}; nothing was written`, current });
}

const PROBLEMS: Readonly<Partial<Record<StoreError["code"], Pick<ProblemFacts, "status" | "code">>>> = {
  denied: { status: 403, code: "etcd-denied" },
  "read-only": { status: 507, code: "etcd-read-only" },
  "too-large": { status: 413, code: "too-large" },
  "lease-lost": { status: 409, code: "lease-lost" },
  unreachable: { status: 503, code: "etcd-unreachable" },
};

function refusalOf(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const { status, code } = PROBLEMS[error.code] ?? { status: 502, code: "etcd-failed" };
  return new Refusal({ status, code, detail: error.message });
}
