import type { Logger } from "pino";

import type { Place } from "./place.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Upgraded connections on a replaced worker live on for so long. */
const RETIRED_MS = 3_600_000;

/** A place's worker before and after a reload, by process id; null: nobody served it. */
export interface Replacement {
  readonly place: number;
  readonly replaced: number | null;
  readonly pid: number;
}

/**
 * Replaces the worker of one place after the other. Each successor takes requests before its predecessor stops to. Rejects
 * when one does not come up; its predecessor, and those behind it, stay.
 */
export async function replaceWorkers(
  places: readonly Place<WorkerProcess>[],
  logger: Logger,
): Promise<readonly Replacement[]> {
  logger.info("router-reloading");
  const workers: Replacement[] = [];
  try {
    for (const place of places) {
      const { before, after } = await place.replace(RETIRED_MS);
      workers.push({ place: after.place, replaced: before?.pid ?? null, pid: after.pid });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ workers, error: reason }, "router-reload-failed");
    throw error;
  }
  logger.info({ workers }, "router-reloaded");
  return workers;
}
