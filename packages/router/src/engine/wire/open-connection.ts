import type { Listed } from "./linked-list.ts";

/** A connection to a client, whatever it speaks and however far it has come. */
export interface OpenConnection extends Listed<OpenConnection> {
  /** Ends it, when its exchanges are over. */
  close(): void;
  /** Cuts it, and its exchanges. */
  destroy(): void;
}
