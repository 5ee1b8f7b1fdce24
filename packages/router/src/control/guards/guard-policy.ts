import type { Settings } from "@wayleave/records";

/** What the settings record says of the guards, with every default filled in. Milliseconds; 0 is off. */
export interface GuardPolicy {
  readonly addressConflict: "newest" | "both";
  readonly shrinkHoldMs: number;
  readonly suspectMs: number;
}

/** Fills in the guards' settings. Pure. */
export function resolveGuardPolicy(settings: Settings): GuardPolicy {
  return {
    addressConflict: settings.addressConflict ?? "newest",
    shrinkHoldMs: settings.shrinkHoldMs ?? 30_000,
    suspectMs: settings.suspectMs ?? 60_000,
  };
}
