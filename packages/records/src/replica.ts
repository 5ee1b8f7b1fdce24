import * as z from "zod";

/** The record at `replicas/<id>`, under the replica's own lease: how far this router has come. */
export const replicaSchema = z.looseObject({
  admin: z.string().describe("Where its admin listener is."),
  revision: z.int().min(0).describe("The etcd revision that its table has applied."),
  version: z.string().describe("The version of Wayleave that it runs."),
  since: z.iso.datetime().describe("When it started."),
  workers: z.int().min(0).describe("Its data-plane processes; 0: all in one."),
});

/** See {@link replicaSchema}. */
export type Replica = z.infer<typeof replicaSchema>;
