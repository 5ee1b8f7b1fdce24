import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";

import type { Live } from "../../live/live.ts";

const MOST_DECLARED = 128;

/** What was wanted of which key, and what became of it. */
export interface AuditedWrite {
  readonly action: "put" | "delete" | "drain" | "undrain" | "evict";
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Of the write; null: there was none, for the reason that `outcome` names. */
  readonly revision: number | null;
  readonly outcome: string;
}

/** Writes down every write, and every attempt at one: who, what, before and after, and its outcome. */
export class Audit {
  readonly #logger: Logger;
  readonly #live: Live;
  readonly #actorOf: (request: FastifyRequest) => string;

  constructor(settings: { logger: Logger; live: Live; actorOf: (request: FastifyRequest) => string }) {
    this.#logger = settings.logger;
    this.#live = settings.live;
    this.#actorOf = settings.actorOf;
  }

  tell(request: FastifyRequest, write: AuditedWrite): void {
    const actor = this.#actorOf(request);
    const declared = declaredActor(request);
    const isDone = write.outcome === "done";
    this.#logger[isDone ? "info" : "warn"]({ actor, declared, peer: request.ip, ...write }, "admin-write");
    const { action, key, revision, outcome } = write;
    const who = declared === undefined ? actor : `${declared} (${actor})`;
    const text = isDone ? `${who}: ${action} ${key}` : `${who}: ${action} ${key} was refused: ${outcome}`;
    this.#live.happened({
      kind: "admin-write",
      level: isDone ? "info" : "warn",
      text,
      key,
      revision,
      actor: who,
    });
  }
}

// Anybody may say anything here: it is told beside who it really was, and cannot forge a line.
function declaredActor({ headers }: FastifyRequest): string | undefined {
  const declared = headers["x-wayleave-actor"];
  if (typeof declared !== "string") return undefined;
  const printable = declared.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MOST_DECLARED);
  return printable === "" ? undefined : printable;
}
