// A router that is attacked, and the requests of others meanwhile.

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { TestAuthority, freePort, temporaryDirectory } from "@wayleave/testkit";

import { HOST, waitForAnswer } from "../contenders/contender.ts";
import { WAYLEAVE, routerFlags } from "../contenders/wayleave.ts";
import { startInstances } from "../instances.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { cpuSeconds, memoryBytes, processTree } from "../machine/processes.ts";
import { type RunningProcess, startProcess } from "../machine/start-process.ts";

const APP = path.resolve(import.meta.dirname, "../programs/attacked-app.ts");
/** Who attacks nobody: half of them over HTTP/2. */
const OTHERS = 16;
const RATE = 1_000;
/** To an instance, past the router. */
const ALONE_RATE = 500;
const WARM_UP_SECONDS = 0.5;
/**
 * A router lives for weeks; V8 goes on compiling what is used often in the first half minute, on the one core that it has
 * here, and others wait for that.
 */
const FIRST = { seconds: 8, rate: 4_000 };

/** A worker with two apps: that of the others at `/`, and that of the attackers at `/attacked`. */
export interface AttackedRouter extends AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
  /** Many requests of others, before anything is measured. */
  warmUp(): Promise<void>;
  /** Has the others' requests answered for a while. */
  others(seconds: number): Promise<OthersResult>;
  readonly memoryMiB: number;
}

/**
 * What the others got, and the part of a core that the router took meanwhile. `alone`: what an instance took that was asked
 * past the router at the same time; what its times rise by, the router has no part in.
 */
export interface OthersResult extends LoadResult {
  readonly alone: LoadResult;
  readonly coresBusy: number;
}

/** Starts one; `settings` is a settings record of the table. */
export async function startAttackedRouter(settings: object): Promise<AttackedRouter> {
  const folder = temporaryDirectory("attacked");
  const started = new AsyncDisposableStack();
  const instances = started.use(await startInstances());
  const appPort = await freePort();
  started.use(
    await startProcess({ command: process.execPath, args: [APP, String(appPort)], part: "others", folder }),
  );
  const { chain, key } = new TestAuthority().issue([HOST]);
  await writeFile(path.join(folder, "bench.pem"), chain + key);
  await writeFile(path.join(folder, "table.yaml"), table(settings, instances.ports, appPort));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const flags = [
    "--table",
    `${folder}/table.yaml`,
    "--listen-tls",
    `127.0.0.1:${tlsPort}`,
    "--certificates",
    folder,
  ];
  const args = [WAYLEAVE, ...(await routerFlags(port)), ...flags];
  const router = started.use(await startProcess({ command: process.execPath, args, part: "proxy", folder }));
  await waitForAnswer(port, router);
  const [instancePort = 0] = instances.ports;
  return {
    port,
    tlsPort,
    async warmUp() {
      await runLoad({ ...REQUESTS, ...FIRST, port, http2Port: tlsPort });
    },
    others: (seconds) => othersOf(router, { port, tlsPort, instancePort, seconds }),
    get memoryMiB() {
      return memoryBytes(processTree(router.pid)) / 2 ** 20;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
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

const table = (settings: object, ports: readonly number[], appPort: number): string => `
settings: ${JSON.stringify(settings)}
routes:
  ${HOST}: { to: [{ app: app }] }
  ${HOST}/attacked: { to: [{ app: attacked }] }
instances:
  attacked/a: { address: 127.0.0.1, port: ${appPort} }
${ports.map((port, at) => `  app/s${at}: { address: 127.0.0.1, port: ${port} }`).join("\n")}
`;
