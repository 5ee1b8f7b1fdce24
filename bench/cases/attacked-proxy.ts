// A proxy that is attacked, and the requests of others meanwhile.

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { TestAuthority, freePort, temporaryDirectory } from "@wayleave/testkit";

import { HOST, waitForAnswer } from "../contenders/contender.ts";
import { startInstances } from "../instances.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { cpuSeconds, memoryBytes, processTree } from "../machine/processes.ts";
import { type ProcessPlan, type RunningProcess, startProcess } from "../machine/start-process.ts";

const APP = path.resolve(import.meta.dirname, "../programs/attacked-app.ts");
/** Who attacks nobody: half of them over HTTP/2. */
const OTHERS = 16;
const RATE = 1_000;
/** To an instance, past the router. */
const ALONE_RATE = 500;
const WARM_UP_SECONDS = 0.5;
/**
 * A proxy lives for weeks; V8 goes on compiling what is used often in the first half minute, on the one core that it has
 * here, and others wait for that.
 */
const FIRST = { seconds: 8, rate: 4_000 };

/** Where it listens, on 127.0.0.1, and what it has: the app of the others at `/`, and that of the attackers at `/attacked`. */
export interface AttackedSetup {
  readonly port: number;
  /** For HTTP/2. */
  readonly tlsPort: number;
  /** Of the others' app. */
  readonly instances: readonly number[];
  readonly attacked: number;
  /** A folder with nothing but bench.pem, a certificate's chain and its key. */
  readonly folder: string;
}

/** What to run, so that it is set up so. */
export type AttackedPlan = (setup: AttackedSetup) => Promise<Pick<ProcessPlan, "command" | "args">>;

/** A proxy with one process that takes requests. */
export interface AttackedProxy extends AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
  /** Many requests of others, before anything is measured. */
  warmUp(): Promise<void>;
  /** Has the others' requests answered for a while. */
  others(seconds: number): Promise<OthersResult>;
  readonly memoryMiB: number;
}

/**
 * What the others got, and the part of a core that the proxy took meanwhile. `alone`: what an instance took that was asked
 * past the router at the same time; what its times rise by, the proxy has no part in.
 */
export interface OthersResult extends LoadResult {
  readonly alone: LoadResult;
  readonly coresBusy: number;
}

/** Starts one. */
export async function startAttacked(planOf: AttackedPlan): Promise<AttackedProxy> {
  const folder = temporaryDirectory("attacked");
  const started = new AsyncDisposableStack();
  const instances = started.use(await startInstances());
  const [port, tlsPort, attacked] = [await freePort(), await freePort(), await freePort()];
  started.use(await startAttacker(APP, [attacked]));
  const { chain, key } = new TestAuthority().issue([HOST]);
  await writeFile(path.join(folder, "bench.pem"), chain + key);
  const plan = await planOf({ port, tlsPort, instances: instances.ports, attacked, folder });
  const proxy = started.use(await startProcess({ ...plan, part: "proxy", folder }));
  await waitForAnswer(port, proxy);
  const [instancePort = 0] = instances.ports;
  return {
    port,
    tlsPort,
    async warmUp() {
      await runLoad({ ...REQUESTS, ...FIRST, port, http2Port: tlsPort });
    },
    others: (seconds) => othersOf(proxy, { port, tlsPort, instancePort, seconds }),
    get memoryMiB() {
      return memoryBytes(processTree(proxy.pid)) / 2 ** 20;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Starts a program of attackers; it says itself when it is ready. */
export function startAttacker(program: string, args: readonly (string | number)[]): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: [program, ...args.map(String)],
    part: "attackers",
    folder: temporaryDirectory("attackers"),
  });
}

const REQUESTS = { path: "/", connections: OTHERS, bodyBytes: 0, isNewEachTime: false };

interface Others {
  readonly port: number;
  readonly tlsPort: number;
  readonly instancePort: number;
  readonly seconds: number;
}

async function othersOf(
  { pid }: RunningProcess,
  { port, tlsPort, instancePort, seconds }: Others,
): Promise<OthersResult> {
  const tree = processTree(pid);
  const [before, since] = [cpuSeconds(tree), performance.now()];
  const plan = { ...REQUESTS, seconds, warmUpSeconds: WARM_UP_SECONDS };
  const [result, alone] = await Promise.all([
    runLoad({ ...plan, port, http2Port: tlsPort, rate: RATE }),
    runLoad({ ...plan, port: instancePort, rate: ALONE_RATE }),
  ]);
  const coresBusy = (cpuSeconds(tree) - before) / ((performance.now() - since) / 1_000);
  return { ...result, alone, coresBusy };
}
