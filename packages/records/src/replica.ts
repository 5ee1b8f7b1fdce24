import * as z from "zod";

/** The record at `replicas/<id>`, under the replica's own lease: how far this router has come. */
export const replicaSchema = z.looseObject({
  admin: z.string(),
  revision: z.int().min(0),
  version: z.string(),
  since: z.iso.datetime(),
  workers: z.int().min(0),
});

/** See {@link replicaSchema}. */
export type Replica = z.infer<typeof replicaSchema>;
