// One stream for all tabs: a browser opens six connections to a host at most, and every tab would need one.

import type { StreamMessage } from "@wayleave/records/api";

import { Following, type Link } from "./follow.ts";
import { BEAT_MS, type ToTab, type ToWorker } from "./port-messages.ts";
import { WorldBuilder } from "./world.ts";

const PATH = "/api/stream";

/** What a tab is to the hub. */
export interface Tab {
  tell(message: ToTab): void;
}

/** Follows the router's stream and tells every tab, a new one all that is known first. */
export class Hub {
  readonly #tabs = new Set<Tab>();
  readonly #builder = new WorldBuilder();
  #link: Link = { state: "connecting", since: Date.now() };
  #following: Following | undefined;

  constructor() {
    setInterval(() => this.#tell({ kind: "beat" }), BEAT_MS);
  }

  add(tab: Tab): void {
    this.#tabs.add(tab);
    tab.tell({ kind: "link", link: this.#link });
    tab.tell({ kind: "messages", messages: this.#builder.messages() });
    this.#following ??= new Following(PATH, {
      link: (link) => {
        this.#link = link;
        this.#tell({ kind: "link", link });
      },
      event: ({ data }) => this.#take(JSON.parse(data)),
    });
  }

  take(tab: Tab, word: ToWorker): void {
    if (word === "retry") this.#following?.retry();
    else this.#remove(tab);
  }

  // The last tab's going ends a hub without a worker; a worker's own end comes with it anyway.
  #remove(tab: Tab): void {
    this.#tabs.delete(tab);
    if (this.#tabs.size > 0) return;
    this.#following?.close();
    this.#following = undefined;
  }

  #take(message: StreamMessage): void {
    this.#builder.take(message, Date.now());
    this.#tell({ kind: "messages", messages: [message] });
  }

  #tell(message: ToTab): void {
    for (const tab of this.#tabs) tab.tell(message);
  }
}
