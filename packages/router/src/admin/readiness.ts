import type { ListenAt } from "../router-settings.ts";

/** How far a router has come: the frame writes it, the health checks read it. */
export interface Readiness {
  /** Where requests are accepted; undefined before there is a table. */
  listen: ListenAt | undefined;
  listenTls?: ListenAt | undefined;
  /** The router takes its leave: it must get no new connections. */
  isClosing: boolean;
}
