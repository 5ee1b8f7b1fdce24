import type { Certificate, Instance, Route, Settings } from "@wayleave/records";

/**
 * What control hands to every worker: the parsed, guarded effect of one revision, or of a re-list.
 * Plain data, so that it crosses a process boundary unchanged. Applied whole, in one turn.
 */
export interface TableChange {
  readonly revision: number;
  /** New settings; null: back to the defaults; absent: unchanged. */
  readonly settings?: Settings | null;
  readonly routes: readonly RouteChange[];
  readonly instances: readonly InstanceChange[];
  /** Absent: none changed. */
  readonly certificates?: readonly CertificateChange[];
  /** From a file, which beats the settings. Absent: unchanged. */
  readonly clientAuthority?: ClientAuthority;
}

/** The routes and instances of a change, or of a part of one. */
export type RecordChanges = Pick<TableChange, "routes" | "instances">;

export interface RouteChange {
  readonly host: string;
  readonly path: string;
  /** null: the route is gone. */
  readonly route: Route | null;
}

export interface InstanceChange {
  readonly app: string;
  readonly id: string;
  /** null: the instance is gone. */
  readonly instance: TableInstance | null;
}

/** An instance's record, and what control knows about it. */
export interface TableInstance extends Instance {
  /** Epoch milliseconds at which this router first saw the record: its age, for slow start. */
  readonly since: number;
  /** Its record vanished without draining, maybe in a mass expiry: use it only when its app has nothing better. */
  readonly isSuspect: boolean;
}

export interface CertificateChange {
  readonly name: string;
  /** null: the certificate is gone. */
  readonly certificate: TableCertificate | null;
}

/** A certificate's record, and what control read out of it. Times are epoch milliseconds. */
export interface TableCertificate {
  /** As it stands in etcd: its key is sealed here too. */
  readonly record: Certificate;
  /** The hosts that it serves: `example.com`, or `*.example.com` for one label to the left. */
  readonly names: readonly string[];
  readonly isDefault: boolean;
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string;
  /** Of its key: `rsa`, `ec`, ... Of several certificates for a host one of each type serves it. */
  readonly keyType: string;
}

/** By whom clients' certificates must be issued. While there is one, handshakes ask for a certificate. */
export interface ClientAuthority {
  /** Certificates of authorities, in PEM. */
  readonly certificates: string;
  /** Without a certificate a handshake is refused. */
  readonly isRequired: boolean;
}

/** The change and what was prepared for it, as one: the change's own records come last. */
export function joinChange(prepared: readonly RecordChanges[], change: TableChange): TableChange {
  if (prepared.length === 0) return change;
  const all = [...prepared, change];
  return {
    ...change,
    routes: all.flatMap(({ routes }): readonly RouteChange[] => routes),
    instances: all.flatMap(({ instances }): readonly InstanceChange[] => instances),
  };
}
