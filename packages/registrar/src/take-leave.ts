// Leaving without losing a request, and without a sleep: draining -> barrier -> delete.

import type { Logger } from "pino";

import type { Revision, Store } from "@wayleave/store";

import { startDeadline } from "./deadline.ts";
import type { InstanceRecord } from "./instance-record.ts";
import type { Attempts } from "./keep-trying.ts";
import { waitForReplicas } from "./wait-for-replicas.ts";

const DELETE_TIMEOUT_MS = 2_000;

/** One leave: of which record, how, and within which bounds. */
export interface Leave {
  readonly record: InstanceRecord;
  readonly store: Store;
  readonly prefix: string;
  /** Knows the instance already. */
  readonly logger: Logger;
  readonly onUnreachable: Attempts["onUnreachable"];
  /** Whether routers are to be told and waited for. */
  readonly isDrained: boolean;
  /** How long telling and waiting may take together, and what cuts them short. */
  readonly drainTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called when the record says `draining`. */
  readonly onDraining: (revision: Revision) => void;
}

/**
 * Takes a record out. Never rejects: a routing layer that is gone or slow must not keep an app from
 * stopping, and what stays goes when the lease runs out.
 */
export async function takeLeave(leave: Leave): Promise<void> {
  let isAnswering = true;
  if (leave.isDrained && leave.record.kept === "ready") isAnswering = await drainRecord(leave);
  if (leave.record.kept !== undefined) await deleteRecord(leave, isAnswering);
}

/**
 * Leave 1 and 2 of 3: writes `state: draining`, so that no router sends new requests here, and waits
 * until every live router has applied that. Resolves with whether etcd is worth asking again.
 */
async function drainRecord(leave: Leave): Promise<boolean> {
  const { record, store, prefix, logger, drainTimeoutMs: timeoutMs } = leave;
  using deadline = startDeadline(timeoutMs, leave.signal);
  const { signal } = deadline;
  try {
    const revision = await record.drain(signal);
    leave.onDraining(revision);
    const barrier = await waitForReplicas({ store, prefix, revision, timeoutMs, signal });
    const level = barrier.outcome === "reached" ? "info" : "warn";
    logger[level]({ revision, ...barrier }, "instance-drained");
    return true;
  } catch (error) {
    logger.warn({ err: error }, "drain-not-written");
    const isTimeOver = signal.aborted && leave.signal?.aborted !== true;
    return !isTimeOver;
  }
}

/** Leave 3 of 3: deletes the record. An etcd that did not take the draining gets no more time for it. */
async function deleteRecord({ record, logger, onUnreachable }: Leave, isAnswering: boolean): Promise<void> {
  using deadline = startDeadline(isAnswering ? DELETE_TIMEOUT_MS : 0);
  try {
    await record.remove({ signal: deadline.signal, onUnreachable });
    logger.info("instance-deleted");
  } catch (error) {
    logger.warn({ err: error }, "record-left-to-its-lease");
  }
}
