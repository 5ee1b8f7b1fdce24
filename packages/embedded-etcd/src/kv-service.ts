import type { UntypedServiceImplementation } from "@grpc/grpc-js";

import { applyDeleteRange, checkDeleteRange, type DeleteRangeRequest } from "./delete-range.ts";
import { etcdError } from "./etcd-error.ts";
import type { Sized } from "./etcd-proto.ts";
import type { EtcdState } from "./etcd-state.ts";
import { applyPut, checkPut, checkPutKey, checkPutLease, type PutRequest } from "./put.ts";
import { applyRange, checkRange, type RangeRequest, type RevisionHeader } from "./range.ts";
import { applyTxn, checkTxn, checkTxnApplies, decideTxn, type TxnRequest } from "./txn.ts";
import { unary } from "./unary.ts";

const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024; // etcd's --max-request-bytes

interface CompactionRequest {
  readonly revision: string;
}

/** etcd's KV service. All of it is synchronous, so every call is atomic and sees the newest revision. */
export function kvService(state: EtcdState): UntypedServiceImplementation {
  const { store, leases } = state;
  // Answers inside of a transaction have only a revision in their header; the outer one says who answers, too.
  const complete = <Response extends { header: RevisionHeader }>(response: Response) => {
    return { ...response, header: state.header(response.header.revision) };
  };
  return {
    range: unary((request: RangeRequest) => {
      checkRange(request);
      return complete(applyRange(store, request));
    }),
    put: unary((request: Sized<PutRequest>) => {
      checkPut(request);
      checkSize(request);
      checkPutLease(leases, request);
      checkPutKey(store, request);
      return complete(store.write((transaction) => applyPut(transaction, request)));
    }),
    deleteRange: unary((request: Sized<DeleteRangeRequest>) => {
      checkDeleteRange(request);
      checkSize(request);
      return complete(store.write((transaction) => applyDeleteRange(transaction, request)));
    }),
    txn: unary((request: Sized<TxnRequest>) => {
      checkTxn(request);
      checkSize(request);
      const txn = decideTxn(store, request);
      checkTxnApplies(store, leases, txn);
      return complete(store.write((transaction) => applyTxn(transaction, txn)));
    }),
    compact: unary((request: CompactionRequest) => {
      store.compact(Number(request.revision));
      return { header: state.header() };
    }),
  };
}

function checkSize({ requestBytes }: Sized<object>): void {
  if (requestBytes > MAX_REQUEST_BYTES) throw etcdError("request-too-large");
}
