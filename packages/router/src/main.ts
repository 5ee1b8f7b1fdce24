// What `wayleave router` runs: a router, and the signals that end it or reload it.

import { setFlagsFromString } from "node:v8";

import { formatAddress } from "@wayleave/records";
import { type Logger, pino } from "pino";

import type { ListenAt, RouterSettings } from "./router-settings.ts";
import { type Router, startRouter } from "./router.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Runs a router until a signal ends it: the first lets it finish, the second cuts it. SIGHUP replaces
 * its workers. Logs
 * `"router-started"` with `listen`, `listenTls` if there is one, and `admin` (address:port) and `revision` once requests are taken.
 * Resolves with the exit code: 0, or 1 when it could not start or was cut. Rejects with a RangeError for
 * a setting that makes no sense.
 */
export async function runRouter(settings: Omit<RouterSettings, "signal">): Promise<number> {
  const logger = settings.logger ?? pino();
  // With workers, this process takes no request: it rather collects its garbage more often than hold as much of it again
  // as it has records. 1,000,000 instances fit into 1 GiB so (bench/memory.ts).
  if ((settings.workers ?? 0) > 0) setFlagsFromString("--heap-growing-percent=25");
  const ending = new Ending(logger);
  try {
    const router = await startRouter({ ...settings, logger, signal: ending.first });
    ending.holds(router);
    tellStart(logger, router);
    await ending.begun;
    await Promise.race([router.close(), ending.cut]);
    logger.info({ isCut: ending.isCut }, "router-stopped");
    return ending.isCut ? 1 : 0;
  } catch (error) {
    if (ending.first.aborted) return 0;
    if (error instanceof RangeError) throw error;
    logger.fatal({ error: error instanceof Error ? error.message : String(error) }, "router-failed");
    return 1;
  } finally {
    ending.close();
  }
}

function tellStart(logger: Logger, { id, listen, listenTls, admin, revision }: Router): void {
  const secure = listenTls && { listenTls: format(listenTls) };
  logger.info({ id, listen: format(listen), ...secure, admin: format(admin), revision }, "router-started");
}

function format({ host, port }: ListenAt): string {
  return formatAddress(host, port);
}

/** The end of a process, as signals tell it. */
class Ending {
  readonly #logger: Logger;
  readonly #first = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  readonly #cut = Promise.withResolvers<void>();
  #router: Router | undefined;
  #isCut = false;

  constructor(logger: Logger) {
    this.#logger = logger;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.on("SIGHUP", this.#onHangUp);
  }

  /** Aborted at the first signal. */
  get first(): AbortSignal {
    return this.#first.signal;
  }

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves at the second signal. */
  get cut(): Promise<void> {
    return this.#cut.promise;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** What the second signal destroys, and SIGHUP reloads. */
  holds(router: Router): void {
    this.#router = router;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.off("SIGHUP", this.#onHangUp);
  }

  // Before there is a router, and while it ends, there is nothing to reload.
  readonly #onHangUp = (): void => {
    if (this.#router !== undefined && !this.#first.signal.aborted) this.#reload(this.#router);
  };

  // The workers tell how it went; a router without any has this to say.
  #reload(router: Router): void {
    router.reload().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn({ error: reason }, "router-not-reloaded");
    });
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#first.signal.aborted) {
      this.#isCut = true;
      this.#router?.destroy();
      this.#cut.resolve();
      return;
    }
    this.#logger.info({ signal }, "router-stopping");
    this.#first.abort();
    this.#begun.resolve();
  };
}
