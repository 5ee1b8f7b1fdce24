import type { InstanceView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { formatDuration } from "../format/times.ts";
import { useKnown, useNow } from "../live/known.tsx";

const SHORT_MS = 4_000;

/** How long an instance's lease still has, counting down; it jumps back whenever the registrar renews it. */
export function Lease({ instance }: { instance: InstanceView }): JSX.Element {
  const now = useNow() + useKnown().world.clockOffsetMs;
  const { isLeased, leaseExpiresAt } = instance;
  if (!isLeased) return <span class="quiet">static</span>;
  if (leaseExpiresAt === null) return <span class="quiet">leased</span>;
  const leftMs = leaseExpiresAt - now;
  if (leftMs <= 0) return <span class="bad-text strong">overdue</span>;
  return <span class={leftMs < SHORT_MS ? "warn-text strong" : ""}>{formatDuration(leftMs)}</span>;
}
