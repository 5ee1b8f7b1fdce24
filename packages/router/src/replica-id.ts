import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

import { parseName } from "@wayleave/records";

/** A name for a replica: the host's, so that people know it, and a random part, so that it is unique. */
export function newReplicaId(): string {
  const random = randomBytes(3).toString("hex");
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 100);
  const id = `${host}-${random}`;
  return parseName("replica id", id).ok ? id : `router-${random}`;
}
