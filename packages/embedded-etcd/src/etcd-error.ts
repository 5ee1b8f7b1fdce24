import { status } from "@grpc/grpc-js";

/** An error as etcd answers it: a gRPC status and the text that clients tell errors apart by. */
class EtcdError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(`etcdserver: ${message}`);
    this.name = "EtcdError";
    this.code = code;
  }
}

// Texts and codes: etcd's api/v3rpc/rpctypes/error.go.
const ROWS = {
  "empty-key": [status.INVALID_ARGUMENT, "key is not provided"],
  "key-not-found": [status.INVALID_ARGUMENT, "key not found"],
  "value-provided": [status.INVALID_ARGUMENT, "value is provided"],
  "lease-provided": [status.INVALID_ARGUMENT, "lease is provided"],
  "too-many-operations": [status.INVALID_ARGUMENT, "too many operations in txn request"],
  "duplicate-key": [status.INVALID_ARGUMENT, "duplicate key given in txn request"],
  "request-too-large": [status.INVALID_ARGUMENT, "request is too large"],
  compacted: [status.OUT_OF_RANGE, "mvcc: required revision has been compacted"],
  "future-revision": [status.OUT_OF_RANGE, "mvcc: required revision is a future revision"],
  "lease-not-found": [status.NOT_FOUND, "requested lease not found"],
  "lease-exists": [status.FAILED_PRECONDITION, "lease already exists"],
  "lease-ttl-too-large": [status.OUT_OF_RANGE, "too large lease TTL"],
  "auth-not-enabled": [status.FAILED_PRECONDITION, "authentication is not enabled"],
  stopped: [status.UNAVAILABLE, "server stopped"],
} as const satisfies Record<string, readonly [status, string]>;

/** Makes one of the errors that etcd answers. */
export function etcdError(row: keyof typeof ROWS): EtcdError {
  const [code, message] = ROWS[row];
  return new EtcdError(code, message);
}
