import { type AdminListener, type AdminQuestion, openAdmin } from "../admin/admin-listener.ts";
import { CommandError } from "../exit-codes.ts";
import { readServerEvents } from "./server-events.ts";

const CONNECT_MS = 5_000;
/** A router sends a comment every 5 s. */
const SILENT_MS = 15_000;

/** What is read, and who is told. */
export interface StreamReading {
  readonly question: AdminQuestion;
  readonly signal: AbortSignal;
  /** The router has agreed to tell. */
  readonly onOpen: () => void;
}

/**
 * Reads the JSON of each message of a router's stream. Never ends but by a CommandError: unreachable when the router is lost
 * or silent, and what the router refuses.
 */
export async function* readStream(
  admin: AdminListener,
  { question, signal, onOpen }: StreamReading,
): AsyncGenerator<unknown, never> {
  using silence = new Silence();
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const answer = await openAdmin(admin, question, either, { accept: "text/event-stream" });
    silence.begin(SILENT_MS);
    onOpen();
    if (answer.body === null) throw new Error("its answer has no body");
    const pieces = answer.body.pipeThrough(new TextDecoderStream());
    for await (const { data } of readServerEvents(pieces, () => silence.begin(SILENT_MS)))
      yield JSON.parse(data);
    throw new Error("it ended the stream");
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    const reason = silence.signal.aborted ? "it is silent" : said;
    throw new CommandError("unreachable", `the router at ${admin.url} is lost: ${reason}`, { cause: error });
  }
}

/** Aborts when nothing was heard for so long. */
class Silence implements Disposable {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.begin(CONNECT_MS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
