import { formatAddress } from "@wayleave/records";
import { BackOff, sleep } from "@wayleave/store";

import { tryPort } from "./try-port.ts";
import { RegistrarError } from "./registrar-error.ts";

const CONNECT_TIMEOUT_MS = 1_000;

/** Where a port is, how long to wait for it at most, and what cuts the wait short. */
export interface PortWait {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until a TCP connection to the port is accepted. Rejects with a RegistrarError `not-ready`
 * when the time is over, and with the signal's reason when it is aborted. An operating system tells
 * nobody that a port began to listen, so this polls.
 */
export async function waitForPort({ address, port, timeoutMs, signal }: PortWait): Promise<void> {
  const backOff = new BackOff({ firstMs: 20, mostMs: 500 });
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await accepts(address, port, signal))) {
    if (performance.now() > giveUpAt) throw await describeFailure(address, port, timeoutMs, signal);
    await sleep(backOff.next(), signal);
  }
}

async function describeFailure(address: string, port: number, timeoutMs: number, signal: AbortSignal) {
  const where = formatAddress(address, port);
  // The usual reason: the app listens on loopback only, where no router reaches it.
  const isOnLoopback = address !== "127.0.0.1" && (await accepts("127.0.0.1", port, signal));
  const hint = isOnLoopback ? `; 127.0.0.1:${port} does: the app must listen on ${address} or 0.0.0.0` : "";
  return new RegistrarError("not-ready", `${where} accepted no connection within ${timeoutMs} ms${hint}`);
}

async function accepts(address: string, port: number, signal: AbortSignal): Promise<boolean> {
  return (await tryPort({ address, port, timeoutMs: CONNECT_TIMEOUT_MS, signal })) === "accepted";
}
