import path from "node:path";

import type { Contender } from "./contender.ts";

const PROGRAMS = path.resolve(import.meta.dirname, "../programs");

/** The library of which many proxies in Node are made, with an agent that keeps connections. */
export const httpProxy: Contender = {
  name: "http-proxy",
  hasAccessLog: false,
  setUp: "http-proxy 1.18.1 in one process, agent with keepAlive, xfwd",
  version: () => Promise.resolve("1.18.1"),
  plan: ({ instances }, port) => Promise.resolve(program("http-proxy.ts", port, instances)),
};

/** Bytes from one socket to another and nothing else: what the runtime itself costs. */
export const forwarder: Contender = {
  name: "node:net",
  isReference: true,
  hasAccessLog: false,
  takesTls: true,
  setUp: "a bare forwarder of bytes in one process: a connection to an instance for each of a client",
  version: () => Promise.resolve(process.version),
  plan: ({ instances, tls }, port) => {
    const plan = program("forwarder.ts", port, instances);
    const args = tls === undefined ? plan.args : [...plan.args, String(tls.port), tls.pem];
    return Promise.resolve({ ...plan, args });
  },
};

function program(file: string, port: number, instances: readonly number[]) {
  const args = [path.join(PROGRAMS, file), String(port), instances.join(",")];
  return { command: process.execPath, args };
}
