import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 2_000;

/** What is looked at, and until when. */
export interface Looking {
  readonly look: () => Promise<void>;
  /** A look rejected; what is in force stays. Told once for each reason in a row. */
  readonly failed: (reason: string) => void;
  readonly signal: AbortSignal;
  /** Default 2,000. */
  readonly everyMs?: number | undefined;
}

/**
 * Looks at files again and again, until the signal. A watch would miss what changes behind symbolic links, which is how
 * Kubernetes and certbot replace files.
 */
export async function keepLooking({ look, failed, signal, everyMs = LOOK_EVERY_MS }: Looking): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    const pauseMs = everyMs * (0.9 + 0.2 * Math.random());
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const reason = await look().then(() => undefined, messageOf);
    if (reason !== undefined && reason !== told) failed(reason);
    told = reason;
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
