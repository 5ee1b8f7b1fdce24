import type { Logger } from "pino";

import type { TraceSettings } from "./trace-settings.ts";
import type { Tracing } from "./tracing.ts";

/** Starts what makes spans; undefined when there are to be none, and then nothing of OpenTelemetry is loaded. */
export async function startTracing(
  settings: TraceSettings | undefined,
  { id, logger }: { readonly id: string; readonly logger: Logger },
): Promise<Tracing | undefined> {
  if (settings === undefined) return undefined;
  const { Tracing: Started } = await import("./tracing.ts");
  return new Started(settings, { id, logger });
}
