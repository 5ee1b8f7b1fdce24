import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

import { eventually } from "@wayleave/testkit";
import { afterEach, describe, expect, it } from "vitest";

import { Following, type Link } from "./follow.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let following: Following;
const links: Link[] = [];
const events: string[] = [];

afterEach(() => {
  following.close();
  server.closeAllConnections();
  server.close();
});

async function follow(answer: Answer): Promise<void> {
  links.length = 0;
  events.length = 0;
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  following = new Following(`http://127.0.0.1:${port}/`, {
    event: ({ data }) => events.push(data),
    link: (link) => links.push(link),
  });
}

const stream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { "content-type": "text/event-stream" });
const states = (): string[] => links.map(({ state }) => state);

describe("a followed stream", () => {
  it("goes on after the last event when it breaks, and says both", async () => {
    const ids: unknown[] = [];
    await follow((request, response) => {
      ids.push(request.headers["last-event-id"]);
      stream(response).write(`id: ${ids.length}\ndata: event ${ids.length}\n\n`);
      if (ids.length === 1) response.end();
    });
    await eventually(() => expect(events).toEqual(["event 1", "event 2"]));
    expect(ids).toEqual([undefined, "1"]);
    expect(states()).toEqual(["connecting", "live", "lost", "live"]);
    expect(links[2]).toMatchObject({ why: "the router ended the stream" });
  });

  it("tells why it is refused, and tries on", async () => {
    let asked = 0;
    await follow((_, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503).end('{"detail":"not yet"}');
      else stream(response).write("data: at last\n\n");
    });
    await eventually(() => expect(events).toEqual(["at last"]));
    expect(links.filter(({ state }) => state === "lost")).toMatchObject([
      { why: "not yet" },
      { why: "not yet" },
    ]);
  });

  it("waits for a token when it is asked for one, and not in a loop", async () => {
    let hasToken = false;
    await follow((_, response) => {
      if (hasToken) stream(response).write("data: let in\n\n");
      else response.writeHead(401).end('{"detail":"a token, please"}');
    });
    await eventually(() => expect(links.at(-1)).toMatchObject({ state: "locked", why: "a token, please" }));
    hasToken = true;
    following.retry();
    await eventually(() => expect(events).toEqual(["let in"]));
    expect(states()).toEqual(["connecting", "locked", "live"]);
  });
});
