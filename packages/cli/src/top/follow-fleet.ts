import { streamMessageSchema } from "@wayleave/records/api";

import type { AdminFlags } from "../admin/admin-options.ts";
import { findAdmins } from "../admin/find-admin.ts";
import { followRouters } from "../stream/follow-routers.ts";
import type { Fleet } from "./fleet.ts";

/** Who is told. */
export interface FleetListener {
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** The fleet has taken another message. */
  readonly onChange: () => void;
}

/** Keeps a fleet up to date until the signal says no. Rejects as `followRouters` does. */
export async function followFleet(
  fleet: Fleet,
  flags: AdminFlags,
  { signal, warn, onChange }: FleetListener,
): Promise<void> {
  await followRouters({
    find: async () => {
      const admins = await findAdmins(flags);
      for (const { url } of admins) fleet.expect(url);
      return admins;
    },
    question: { path: "/api/stream", query: { topics: "status,totals,routes" } },
    signal,
    warn,
    onMessage: (message, router) => {
      const { data } = streamMessageSchema.safeParse(message);
      if (data === undefined) return; // a newer router has more to tell than we know of
      fleet.take(data, router);
      onChange();
    },
    onLost: (router) => fleet.lose(router),
  });
}
