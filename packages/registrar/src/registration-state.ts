import type { Revision } from "@wayleave/store";

/**
 * Where a registration stands:
 * - `starting`: waits for the port, the health check, or etcd.
 * - `registered`: the record stands in etcd.
 * - `unhealthy`: the health check fails; the record is taken out until it passes.
 * - `lease-lost`: etcd could not be told in time that we live; the record goes, or went, until it can.
 * - `refused`: etcd does not take our lease or record for now; the attempts go on.
 * - `draining`: the record says so, and routers are waited for.
 * - `left`: over, the record is gone or will go with its lease.
 */
export type RegistrationState =
  | { readonly state: "starting" }
  | { readonly state: "registered" }
  | { readonly state: "unhealthy"; readonly reason: string }
  | { readonly state: "lease-lost"; readonly reason: string }
  | { readonly state: "refused"; readonly error: Error }
  | { readonly state: "draining"; readonly revision: Revision }
  | { readonly state: "left" };
