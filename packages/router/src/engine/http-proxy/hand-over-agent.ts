import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** As much of an `http.Agent` as `http.request` asks for. */
export interface HandOverAgent {
  readonly keepAlive: true;
  readonly protocol: "http:";
  readonly defaultPort: 80;
  addRequest(request: ClientRequest): void;
}

/**
 * An agent that hands over one connection that is there already: connecting, and trying elsewhere when it
 * fails, must be over before http-proxy begins to pipe the client's body. `prepare` gets the request
 * before anybody else does.
 */
export function handOver(socket: Socket, prepare: (request: ClientRequest) => void): HandOverAgent {
  return {
    keepAlive: true,
    protocol: "http:",
    defaultPort: 80,
    addRequest(request) {
      prepare(request);
      request.onSocket(socket);
    },
  };
}
