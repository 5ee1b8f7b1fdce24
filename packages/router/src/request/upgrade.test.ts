import { describe, expect, it } from "vitest";

import type { RequestHead } from "./exchange.ts";
import { grantUpgrade } from "./upgrade.ts";

const asks: RequestHead = {
  method: "GET",
  target: "/",
  httpVersion: "1.1",
  rawHeaders: [],
  hasBody: false,
  isUpgrade: true,
};

describe("an upgrade", () => {
  it("is passed on to any protocol but HTTP and TLS themselves", () => {
    expect(grantUpgrade(asks, "websocket")).toBe("websocket");
    for (const granted of ["tcp", "h2x", "my-h2"]) expect(grantUpgrade(asks, granted)).toBe(granted);
    const refused = ["h2c", "H2C", "websocket, h2c", "HTTP/2.0", "TLS/1.0", "x,h2"];
    expect(refused.filter((protocol) => grantUpgrade(asks, protocol) !== undefined)).toEqual([]);
  });

  it("is no upgrade with a body, in HTTP/1.0, or when Connection does not name it", () => {
    expect(grantUpgrade({ ...asks, hasBody: true }, "websocket")).toBeUndefined();
    expect(grantUpgrade({ ...asks, httpVersion: "1.0" }, "websocket")).toBeUndefined();
    expect(grantUpgrade({ ...asks, isUpgrade: false }, "websocket")).toBeUndefined();
    expect(grantUpgrade(asks, undefined)).toBeUndefined();
  });
});
