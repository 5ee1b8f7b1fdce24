// What `wayleave run -- cmd` does: a program, registered for as long as it runs.

import { destination, pino } from "pino";

import { pickFreePort, refusePortInUse } from "./free-port.ts";
import type { InstanceOptions } from "./instance-options.ts";
import { planContext, planInstance } from "./plan-instance.ts";
import { ProgramRun } from "./program-run.ts";
import { type RegistrarOptions, openRegistrar } from "./registrar.ts";
import { ProgramNotStarted } from "./start-program.ts";

/** What opens the private keys of all apps is no app's, though it may be set for other commands. */
const NOT_FOR_PROGRAMS = { WAYLEAVE_SEAL_KEY: undefined };

/** The program, and how it is to be registered. */
export type ProgramOptions = RegistrarOptions &
  Omit<InstanceOptions, "port" | "signal"> & {
    readonly command: string;
    readonly args?: readonly string[];
    /** `"auto"` picks a free one. Default: the environment's `PORT`. The program gets it as `PORT`. */
    readonly port?: number | "auto";
    /**
     * How long the program may take to end after a signal was passed to it, before it is killed.
     * Default: as long as it likes, for whoever runs us has a bound already.
     */
    readonly killAfterMs?: number;
    /** Takes the one line that says why nothing runs; default: standard error. */
    readonly report?: (line: string) => void;
  };

/**
 * Runs a program and keeps it registered while it runs. Resolves with the exit code to end with: the
 * program's own, 128 + n when signal n ended it, 127 or 126 when it could not be started, 1 when it could not be
 * registered (it is ended then). Rejects with a RegistrarError `invalid` or `port-in-use` before
 * anything was started.
 *
 * On SIGTERM, SIGINT, SIGHUP or SIGQUIT the record says `draining`, every live router is waited for
 * (bounded), the record is deleted, and only then the signal is passed to the program, which is to
 * finish the requests that run (in Node: `server.close()`). A second signal is passed at once.
 * A program that ends by itself has its record deleted at once.
 *
 * When this process is killed with SIGKILL, the program lives on and the record goes with its lease.
 */
export async function runProgram(options: ProgramOptions): Promise<number> {
  const instance = await checkInstance(options);
  const report = options.report ?? reportToStandardError;
  const logger = options.logger ?? pino(destination({ fd: 2, sync: true }));
  const registrar = openRegistrar({ ...options, logger });
  const command = {
    command: options.command,
    args: options.args ?? [],
    environment: {
      ...(options.environment ?? process.env),
      ...NOT_FOR_PROGRAMS,
      ...programVariables(instance),
    },
  };
  const { killAfterMs } = options;
  try {
    return await new ProgramRun({ command, registrar, instance, killAfterMs, report }).run();
  } catch (error) {
    if (!(error instanceof ProgramNotStarted)) throw error;
    report(error.message);
    return error.exitCode;
  } finally {
    await registrar.close({ drain: false });
  }
}

async function checkInstance({ port, ...options }: ProgramOptions): Promise<InstanceOptions & PortAndId> {
  const given = port === "auto" ? await pickFreePort() : port;
  const plan = planInstance(
    given === undefined ? options : { ...options, port: given },
    planContext(options),
  );
  if (plan.isReadyAwaited) await refusePortInUse(plan.port);
  return { ...options, port: plan.port, id: plan.id };
}

function programVariables({ app, id, port }: InstanceOptions & PortAndId): Record<string, string> {
  return { PORT: String(port), WAYLEAVE_APP: app, WAYLEAVE_ID: id };
}

function reportToStandardError(line: string): void {
  process.stderr.write(`wayleave run: ${line}\n`);
}

interface PortAndId {
  readonly port: number;
  readonly id: string;
}
