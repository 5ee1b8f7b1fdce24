// One worker as the main process sees it: what it is told, what it has said, and its end.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { getCompileCacheDir } from "node:module";
import { dirname, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { PlaneNews } from "../data-plane.ts";
import type { CountsDelta } from "../observe/counts-delta.ts";
import type { TapRequest } from "../observe/tap.ts";
import type { TableChange } from "../table/table-change.ts";
import type { SocketHandle } from "./listening-sockets.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { changeMessages } from "./split-change.ts";
import type { FromWorker, InstanceState, ToWorker, WorkerSettings } from "./worker-messages.ts";

// Published, both are JavaScript.
const PROGRAM = new URL(`./worker-main${extname(import.meta.url)}`, import.meta.url);
const ANSWER_WITHIN_MS = 1_000;
/**
 * How V8 is to collect garbage, so that others do not wait for it: half the young generation in 4 MiB, since in its 16 what
 * thousands of new connections keep is copied in one pause of 20 ms; and one thread beside the worker's own, since four of
 * them take four fifths of a core that has no other to give. What it gave: docs/request-cost.md.
 */
const V8_FLAGS = ["--max-semi-space-size=4", "--v8-pool-size=1"];

/** What a worker tells of its own accord. */
export interface WorkerObserver extends PlaneNews {
  counted(counts: CountsDelta): void;
}

/** How a process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts a worker; it does nothing before it is fed. */
export class WorkerProcess {
  readonly place: number;
  readonly pid: number;
  readonly since = new Date();
  /** Resolves when it has ended and all that it said was heard; never rejects. */
  readonly gone: Promise<WorkerExit>;
  connections = 0;
  instanceSessions = 0;
  active = 0;
  /** Of the process, since it was started; at its last report. */
  cpuSeconds = 0;
  residentBytes = 0;
  revision = 0;
  /** By `performance.now()`. */
  lastHeardAt = performance.now();
  isListening = false;
  isRetired = false;
  /** From here on requests may meet its table, so that a change is not everywhere before it has it. */
  isCounted = false;
  readonly #child: ChildProcess;
  readonly #observer: WorkerObserver;
  readonly #outbox: Outbox;
  readonly #listening = Promise.withResolvers<void>();
  readonly #awaitedAnswers = new Map<number, (rows: readonly InstanceState[]) => void>();
  #awaitedChanges: { readonly sequence: number; readonly resolve: () => void }[] = [];
  #appliedSequence = 0;
  #lastAsk = 0;

  constructor(settings: WorkerSettings, observer: WorkerObserver) {
    this.place = settings.place;
    this.#observer = observer;
    this.#child = fork(PROGRAM, [], {
      execArgv: [...process.execArgv, ...V8_FLAGS],
      env: { ...process.env, ...withCompileCache() },
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.pid = this.#child.pid ?? 0;
    this.#outbox = new Outbox((outgoing) => this.#send(outgoing));
    this.#child.on("message", (message: FromWorker) => this.#onMessage(message));
    // Its end says it all.
    this.#child.on("error", () => undefined);
    this.#listening.promise.catch(() => undefined);
    this.gone = this.#end();
    this.#tell({ kind: "start", settings });
  }

  /** Sends a table; resolves when the last slice is on its way. Changes made since the call must follow it. */
  feed(table: Iterable<TableChange>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#outbox.push(tableMessages(table, resolve));
    return Promise.race([promise, this.gone.then(() => undefined)]);
  }

  /** Sends records ahead of the change that they are of. */
  prepare(messages: Iterable<Outgoing>): void {
    this.#outbox.push(messages);
  }

  /** Sends changes as {@link changeMessages} writes them; resolves when they are in its table, or the worker is gone. */
  apply(sequence: number, messages: Iterable<Outgoing>): Promise<void> {
    this.#outbox.push(messages);
    return new Promise((resolve) => this.#awaitedChanges.push({ sequence, resolve }));
  }

  /** Resolves when it accepts on the socket, and on the one for TLS; rejects when it is gone before. */
  listen(handle: SocketHandle, tlsHandle: SocketHandle | undefined): Promise<void> {
    this.isCounted = true;
    if (tlsHandle !== undefined) this.#outbox.push([{ message: { kind: "listen-tls" }, handle: tlsHandle }]);
    this.#outbox.push([{ message: { kind: "listen" }, handle }]);
    return this.#listening.promise;
  }

  /** Asks for its counts, so that they are of now; resolves when they came, or after 1,000 ms. */
  async report(): Promise<void> {
    await this.#ask((ask) => ({ kind: "report", ask }));
  }

  /** Asks what it knows of instances; resolves with that, or with nothing after 1,000 ms. */
  instances(): Promise<readonly InstanceState[]> {
    return this.#ask((ask) => ({ kind: "tell-instances", ask }));
  }

  /** What is wanted of single requests from now on. */
  setTaps(requests: readonly TapRequest[]): void {
    this.#tell({ kind: "tap", requests });
  }

  /** Lets it go: see {@link ToWorker}. */
  retire(limitMs: number): void {
    this.isRetired = true;
    this.#tell({ kind: "retire", limitMs });
  }

  /** Lets it finish what runs, and end. */
  drain(): void {
    this.#tell({ kind: "drain" });
  }

  /** Ends it now. */
  destroy(): void {
    this.#child.kill("SIGKILL");
  }

  async #end(): Promise<WorkerExit> {
    // A process is not heard out before its channel has closed.
    const hungUp = once(this.#child, "disconnect");
    const exit = await exitOf(this.#child);
    if (this.#child.connected)
      await Promise.race([hungUp, sleep(ANSWER_WITHIN_MS, undefined, { ref: false })]);
    this.#outbox.close();
    this.connections = 0;
    this.instanceSessions = 0;
    this.active = 0;
    this.#listening.reject(new Error(`worker ${this.place} ended with ${exit.signal ?? exit.code}`));
    for (const resolve of this.#awaitedAnswers.values()) resolve([]);
    for (const { resolve } of this.#awaitedChanges) resolve();
    this.#awaitedChanges = [];
    return exit;
  }

  async #ask(question: (ask: number) => ToWorker): Promise<readonly InstanceState[]> {
    this.#lastAsk += 1;
    const ask = this.#lastAsk;
    const { promise, resolve } = Promise.withResolvers<readonly InstanceState[]>();
    this.#awaitedAnswers.set(ask, resolve);
    this.#tell(question(ask));
    const timer = setTimeout(resolve, ANSWER_WITHIN_MS, []);
    const rows = await promise;
    clearTimeout(timer);
    this.#awaitedAnswers.delete(ask);
    return rows;
  }

  #tell(message: ToWorker): void {
    this.#outbox.push([{ message }]);
  }

  #send({ message, handle }: Outgoing): Promise<void> {
    if (!this.#child.connected) return Promise.resolve();
    // What cannot be sent any more concerns a worker that is gone.
    // Its types do not know sockets of Node's core.
    const child: { send(message: ToWorker, handle: unknown, sent: () => void): boolean } = this.#child;
    return new Promise((resolve) => {
      try {
        child.send(message, handle, resolve);
      } catch {
        // The socket was closed since: the replica is closing, and the worker is told so as well.
        resolve();
      }
    });
  }

  #onMessage(message: FromWorker): void {
    this.lastHeardAt = performance.now();
    if (message.kind === "applied") this.#onApplied(message.sequence, message.revision);
    else if (message.kind === "suspect-refused") this.#observer.suspectRefused(message);
    else if (message.kind === "ejection-changed") this.#observer.ejectionChanged(message.ejection);
    else if (message.kind === "tapped") this.#observer.tapped(message.batch);
    else if (message.kind === "report") {
      this.connections = message.connections;
      this.instanceSessions = message.instanceSessions;
      this.active = message.active;
      this.cpuSeconds = message.cpuSeconds;
      this.residentBytes = message.residentBytes;
      if (message.counts !== undefined) this.#observer.counted(message.counts);
      if (message.ask !== undefined) this.#awaitedAnswers.get(message.ask)?.([]);
    } else if (message.kind === "instances") this.#awaitedAnswers.get(message.ask)?.(message.rows);
    else {
      this.isListening = true;
      this.#listening.resolve();
    }
  }

  #onApplied(sequence: number, revision: number): void {
    this.#appliedSequence = sequence;
    this.revision = revision;
    while ((this.#awaitedChanges[0]?.sequence ?? Number.POSITIVE_INFINITY) <= this.#appliedSequence) {
      this.#awaitedChanges.shift()?.resolve();
    }
  }
}

/** Without this process's cache of compiled code, a worker takes four times as long to load its program. */
function withCompileCache(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}

function* tableMessages(table: Iterable<TableChange>, sent: () => void): Iterable<Outgoing> {
  for (const change of table) yield* changeMessages(0, [change]);
  sent();
}

function exitOf(child: ChildProcess): Promise<WorkerExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    // It could not even be started.
    child.once("error", () => child.pid === undefined && resolve({ code: null, signal: null }));
  });
}
