// Load over TLS, and what it cost the processes that it went to.

import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import { HOST } from "../contenders/contender.ts";
import { cpuSeconds, processTree } from "../machine/processes.ts";
import { runProgram } from "../machine/start-process.ts";

const HANDSHAKES = path.resolve(import.meta.dirname, "../programs/handshakes.ts");
const CONNECTIONS = 64;

/** Where to, and for how long. */
interface SecurePlan {
  /** The first of the processes whose time counts. */
  readonly pid: number;
  readonly tlsPort: number;
  readonly seconds: number;
}

/** Handshakes of what kind, and with whom. */
interface HandshakePlan extends SecurePlan {
  readonly kind: "full" | "resumed";
  /** A file with the authority's certificate. */
  readonly trusted: string;
  /** Each with another of so many hosts; default: one host. */
  readonly hosts?: number;
}

/** Microseconds of CPU time a handshake. Throws when one fails. */
export function cpuOfHandshakes(plan: HandshakePlan): Promise<number> {
  const { tlsPort, seconds, kind, trusted, hosts = 0 } = plan;
  const args = [HANDSHAKES, String(tlsPort), String(seconds), kind, trusted, HOST, String(hosts)];
  return cpuOf(plan, async () => JSON.parse(await runProgram("meter", process.execPath, args)).handshakes);
}

/** Microseconds of CPU time a request on kept connections. Throws when one fails. */
export function cpuOfSecureRequests(plan: SecurePlan): Promise<number> {
  const target = `https://localhost:${plan.tlsPort}/`;
  const lasts = `${Math.max(1, Math.round(plan.seconds))}s`;
  const args = ["-t1", `-c${CONNECTIONS}`, `-d${lasts}`, "-H", `Host: ${HOST}`, target];
  return cpuOf(plan, async () => {
    const text = await runProgram("meter", findCommand("wrk") ?? "wrk", args);
    if (/Non-2xx|Socket errors/.test(text)) throw new Error(text);
    return Number(/(\d+) requests in/.exec(text)?.[1]);
  });
}

async function cpuOf({ pid }: SecurePlan, load: () => Promise<number>): Promise<number> {
  const tree = processTree(pid);
  const before = cpuSeconds(tree);
  const count = await load();
  if (!(count > 0)) throw new Error("nothing was done");
  return ((cpuSeconds(tree) - before) / count) * 1e6;
}
