import { type Compare, holds } from "./compare.ts";
import {
  applyDeleteRange,
  checkDeleteRange,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
} from "./delete-range.ts";
import { etcdError } from "./etcd-error.ts";
import type { Leases } from "./leases.ts";
import type { MvccStore, Transaction, View } from "./mvcc-store.ts";
import { applyPut, checkPut, checkPutKey, checkPutLease, type PutRequest, type PutResponse } from "./put.ts";
import {
  applyRange,
  checkRange,
  checkRangeRevision,
  type RangeRequest,
  type RangeResponse,
  type RevisionHeader,
} from "./range.ts";
import { checkKeysPutOnce } from "./txn-overlap.ts";

/** etcd's message. */
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

/** etcd's message; it may come empty. */
export type RequestOp =
  | { readonly request: "requestRange"; readonly requestRange: RangeRequest }
  | { readonly request: "requestPut"; readonly requestPut: PutRequest }
  | { readonly request: "requestDeleteRange"; readonly requestDeleteRange: DeleteRangeRequest }
  | { readonly request: "requestTxn"; readonly requestTxn: TxnRequest }
  | { readonly request?: undefined };

/** etcd's message. */
export interface TxnResponse {
  readonly header: RevisionHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

type ResponseOp =
  | { readonly responseRange: RangeResponse }
  | { readonly responsePut: PutResponse }
  | { readonly responseDeleteRange: DeleteRangeResponse }
  | { readonly responseTxn: TxnResponse };

const MAX_OPERATIONS = 128; // etcd's --max-txn-ops

/** Throws unless the request could be a transaction at all. */
export function checkTxn(request: TxnRequest): void {
  checkLevel(request, MAX_OPERATIONS);
  checkKeysPutOnce(request);
}

function checkLevel({ compare, success, failure }: TxnRequest, mostOperations: number): void {
  const operations = Math.max(compare.length, success.length, failure.length);
  if (operations > mostOperations) throw etcdError("too-many-operations");
  if (compare.some(({ key }) => key.length === 0)) throw etcdError("empty-key");
  for (const op of [...success, ...failure]) checkOp(op, mostOperations - operations);
}

function checkOp(op: RequestOp, operationsLeft: number): void {
  switch (op.request) {
    case "requestRange":
      return checkRange(op.requestRange);
    case "requestPut":
      return checkPut(op.requestPut);
    case "requestDeleteRange":
      return checkDeleteRange(op.requestDeleteRange);
    case "requestTxn":
      return checkLevel(op.requestTxn, operationsLeft);
    case undefined:
      throw etcdError("key-not-found"); // so etcd calls an empty operation
  }
}

type SimpleOp = Exclude<RequestOp, { readonly request: "requestTxn" } | { readonly request?: undefined }>;

/** A transaction whose conditions were looked at, and those of the transactions in it. */
export interface DecidedTxn {
  readonly request: "decided";
  readonly succeeded: boolean;
  readonly steps: readonly (SimpleOp | DecidedTxn)[];
}

/** Looks at all conditions, nested ones too: etcd does so before anything is written. {@link checkTxn} must have passed. */
export function decideTxn(view: View, request: TxnRequest): DecidedTxn {
  const succeeded = request.compare.every((compare) => holds(view, compare));
  const ops = succeeded ? request.success : request.failure;
  const steps = ops.flatMap((op) => {
    if (op.request === undefined) return [];
    return [op.request === "requestTxn" ? decideTxn(view, op.requestTxn) : op];
  });
  return { request: "decided", succeeded, steps };
}

/** Throws when a step cannot be applied to what is there; nothing is written then. First all puts, as in etcd. */
export function checkTxnApplies(store: MvccStore, leases: Leases, txn: DecidedTxn): void {
  const ops = [...simpleOps(txn)];
  for (const op of ops) {
    if (op.request !== "requestPut") continue;
    checkPutKey(store, op.requestPut);
    checkPutLease(leases, op.requestPut);
  }
  for (const op of ops) {
    if (op.request === "requestRange") checkRangeRevision(store, op.requestRange);
  }
}

function* simpleOps({ steps }: DecidedTxn): Generator<SimpleOp> {
  for (const step of steps) {
    if (step.request === "decided") yield* simpleOps(step);
    else yield step;
  }
}

/** Applies all steps in order, each seeing what those before it wrote. {@link checkTxnApplies} must have passed. */
export function applyTxn(transaction: Transaction, txn: DecidedTxn): TxnResponse {
  const responses = txn.steps.map((step) => applyStep(transaction, step));
  return { header: { revision: transaction.revision }, succeeded: txn.succeeded, responses };
}

function applyStep(transaction: Transaction, step: SimpleOp | DecidedTxn): ResponseOp {
  switch (step.request) {
    case "requestRange":
      return { responseRange: applyRange(transaction, step.requestRange) };
    case "requestPut":
      return { responsePut: applyPut(transaction, step.requestPut) };
    case "requestDeleteRange":
      return { responseDeleteRange: applyDeleteRange(transaction, step.requestDeleteRange) };
    case "decided":
      // etcd leaves the revision out of a nested answer.
      return { responseTxn: { ...applyTxn(transaction, step), header: { revision: 0 } } };
  }
}
