import { setTimeout as delay } from "node:timers/promises";

import type { EtcdHttp } from "./etcd-http.ts";
import type { EtcdProcess } from "./etcd-process.ts";

/** One member of a real etcd: what can befall it. Each resolves when it has happened. */
export interface EtcdMember {
  readonly name: string;
  /** `http://127.0.0.1:PORT`, or `https://`; the same after every restart. */
  readonly endpoint: string;
  /** Starts it on the same port and data, until it is healthy: the cluster must have a leader for that. */
  start(): Promise<void>;
  /** SIGTERM: it ends in good order. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: its sockets stay open and nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Removes its data; only while it is stopped. */
  wipe(): Promise<void>;
}

const PAUSE_MS = 25;
const FIRST_LINES_SHOWN = 3;
const LAST_LINES_SHOWN = 15;
// etcd 3.4 to 3.6 write this. Health alone could be answered by somebody else's etcd on a port that ours did not get.
const SERVING = "ready to serve client requests";

/** Drives the process of one member. */
export class Member implements EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly #process: EtcdProcess;
  readonly http: EtcdHttp;
  readonly #healthyWithinMs: number;
  #hasServed = false;

  constructor(process: EtcdProcess, { http, healthyWithinMs }: { http: EtcdHttp; healthyWithinMs: number }) {
    this.name = process.name;
    this.endpoint = process.endpoint;
    this.#process = process;
    this.http = http;
    this.#healthyWithinMs = healthyWithinMs;
  }

  async start(): Promise<void> {
    const deadline = performance.now() + this.#healthyWithinMs;
    do {
      if (!this.#process.isRunning) await this.#process.launch();
      if (await this.#isHealthy()) {
        this.#hasServed = true;
        return;
      }
      await delay(PAUSE_MS);
    } while (performance.now() < deadline && (this.#process.isRunning || this.#mayComeBack()));
    throw this.#failure();
  }

  stop(): Promise<void> {
    return this.#process.signal("SIGTERM");
  }

  kill(): Promise<void> {
    return this.#process.signal("SIGKILL");
  }

  freeze(): Promise<void> {
    return this.#process.signal("SIGSTOP");
  }

  thaw(): Promise<void> {
    return this.#process.signal("SIGCONT");
  }

  async wipe(): Promise<void> {
    if (this.#process.isRunning) throw new Error(`${this.name} runs: stop it before its data is wiped`);
    await this.#process.wipe();
  }

  /** Ends it and removes what it had. */
  remove(): Promise<void> {
    return this.#process.remove();
  }

  async #isHealthy(): Promise<boolean> {
    return this.#process.log.includes(SERVING) && (await this.http.isHealthy()) && this.#process.isRunning;
  }

  // On a restart only the same port will do, and whoever has it now may let it go.
  #mayComeBack(): boolean {
    return this.#hasServed && this.#process.log.includes("address already in use");
  }

  #failure(): Error {
    const what = this.#process.isRunning ? `was not healthy within ${this.#healthyWithinMs} ms` : "ended";
    return new Error(`${this.name} at ${this.endpoint} ${what}:\n${shown(this.#process.log)}`);
  }
}

// The first lines too: a wrong flag is named there, and a page of usage follows.
function shown(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  if (lines.length <= FIRST_LINES_SHOWN + LAST_LINES_SHOWN) return lines.join("\n");
  return [...lines.slice(0, FIRST_LINES_SHOWN), "...", ...lines.slice(-LAST_LINES_SHOWN)].join("\n");
}
