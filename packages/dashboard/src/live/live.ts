// A tab's end of it: what is known, and the word when it changes.

import { Hub } from "./hub.ts";
import type { Link } from "./follow.ts";
import { BEAT_MS, type ToTab, type ToWorker } from "./port-messages.ts";
import { type World, WorldBuilder } from "./world.ts";

/** What a tab knows, and how fresh it is. */
export interface Known {
  readonly world: World;
  /** A snapshot has come. */
  readonly isWhole: boolean;
  readonly link: Link;
}

/** Silence of the worker that is worth a second look, in milliseconds. */
const SILENCE_MS = 4 * BEAT_MS;

/** Keeps what is known up to date, through the shared worker, or alone where the browser has none. */
export class Live {
  readonly #builder = new WorldBuilder();
  readonly #listeners = new Set<() => void>();
  #link: Link = { state: "connecting", since: Date.now() };
  #send: (word: ToWorker) => void = () => undefined;
  #heardAt = Date.now();
  #isDue = false;
  #wasSilent = false;

  constructor() {
    this.#connect(COMMON_WORKER);
    addEventListener("pagehide", () => this.#send("bye"));
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.#connect(COMMON_WORKER);
    });
    setInterval(() => this.#watch(), BEAT_MS);
  }

  get known(): Known {
    return { world: this.#builder.world, isWhole: this.#builder.isWhole, link: this.#link };
  }

  /** Calls back at most once a frame after something changed; gives what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tries the link again at once. */
  retry(): void {
    this.#send("retry");
  }

  #connect(worker: string): void {
    this.#heardAt = Date.now();
    const take = (message: ToTab): void => this.#take(message);
    this.#send = typeof SharedWorker === "undefined" ? connectAlone(take) : connectWorker(take, worker);
  }

  #take(message: ToTab): void {
    const now = Date.now();
    this.#heardAt = now;
    if (message.kind === "beat") return;
    if (message.kind === "link") this.#link = message.link;
    else for (const one of message.messages) this.#builder.take(one, now);
    this.#changed();
  }

  // A worker that crashed says nothing. After a machine slept, nothing was heard either: only the second look counts.
  #watch(): void {
    const isSilent = Date.now() - this.#heardAt > SILENCE_MS;
    if (isSilent && this.#wasSilent) {
      this.#send("bye");
      this.#link = {
        state: "lost",
        since: this.#heardAt,
        why: "the page's worker ended",
        retryAt: Date.now(),
      };
      // The same for all tabs that notice it within a minute.
      this.#connect(`${COMMON_WORKER}-${Math.floor(Date.now() / 60_000)}`);
      this.#changed();
    }
    this.#wasSilent = isSilent;
  }

  // Once a frame. A hidden tab draws no frames, and a busy machine few: then a timer, which browsers slow down themselves.
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const tell = (): void => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      this.#isDue = false;
      for (const listener of this.#listeners) listener();
    };
    const timer = setTimeout(tell, FRAMELESS_MS);
    const frame = requestAnimationFrame(tell);
  }
}

const FRAMELESS_MS = 250;
const COMMON_WORKER = "wayleave";

/** Tabs that name the same worker share it. */
function connectWorker(take: (message: ToTab) => void, name: string): (word: ToWorker) => void {
  const { port } = new SharedWorker(new URL("./shared-worker.ts", import.meta.url), { type: "module", name });
  port.addEventListener("message", ({ data }: MessageEvent<ToTab>) => take(data));
  port.start();
  return (word) => port.postMessage(word);
}

function connectAlone(take: (message: ToTab) => void): (word: ToWorker) => void {
  const hub = new Hub();
  const tab = { tell: take };
  hub.add(tab);
  return (word) => hub.take(tab, word);
}
