import { type Finding, ok, warn } from "./check.ts";

const TOLERATED_MS = 2_000;

/** Judges another machine's clock, by its HTTP answers: HTTP knows whole seconds only. Pure. */
export function examineClock(aheadMs: number | undefined): Finding {
  if (aheadMs === undefined)
    return warn("its clock is not known: its answers have no Date", "compare `date`");
  const says = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? "behind" : "ahead of"} this machine`;
  if (Math.abs(aheadMs) <= TOLERATED_MS) return ok("within 2 s of this machine's");
  return warn(
    says,
    "run NTP on both: leases do not need it, but certificates, and the times in logs and in `status`, do",
  );
}
