import { once } from "node:events";
import { createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { listen } from "./testing/listen.ts";
import { pickFreePort, refusePortInUse } from "./free-port.ts";

describe("a free port", () => {
  it("can be listened on after it was picked", async () => {
    const port = await pickFreePort();
    const server = createServer();
    await listen(server, port);
    server.close();
    expect(port).toBeGreaterThan(0);
  });

  it("is not one that somebody listens on, on whichever address", async () => {
    const port = await pickFreePort();
    const server = createServer();
    await listen(server, port);
    await expect(refusePortInUse(port)).rejects.toMatchObject({
      code: "port-in-use",
      message: `another program listens on port ${port} already`,
    });
    server.close();
    await once(server, "close");
    await expect(refusePortInUse(port)).resolves.toBeUndefined();
  });
});
