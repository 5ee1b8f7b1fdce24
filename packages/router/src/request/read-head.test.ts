import { describe, expect, it } from "vitest";

import type { RequestHead } from "./exchange.ts";
import { readHead } from "./read-head.ts";
import { client } from "./testing/exchange-world.ts";

function read(head: Partial<RequestHead>) {
  return readHead(
    {
      method: "GET",
      target: "/",
      httpVersion: "1.1",
      rawHeaders: ["Host", "shop.example"],
      hasBody: false,
      isUpgrade: false,
      ...head,
    },
    { ...client },
    { isTrusted: false, pseudonym: "wl-1" },
  );
}

const via = (times: number): string[] => ["Host", "a", "Via", Array(times).fill("1.1 wl-1").join(", ")];

describe("a request's head", () => {
  it("is matched by host and normalized path, and its target goes on as it came", () => {
    const rawHeaders = ["Host", "Shop.Example:8080"];
    expect(read({ target: "/a/../%62?c", rawHeaders })).toMatchObject({
      target: "/a/../%62?c",
      host: { host: "shop.example", field: "Shop.Example:8080", port: "8080" },
      path: "/b",
    });
  });

  it("in absolute-form is for the host in its target, whatever Host says", () => {
    expect(read({ target: "http://Other.example:81/x" })).toMatchObject({
      target: "/x",
      host: { host: "other.example", field: "Other.example:81", port: "81" },
    });
    expect(read({ target: "http://other.example/x", rawHeaders: [] })).toMatchObject({
      failure: "bad-request",
    });
    expect(read({ target: "http://user@other.example/x" })).toMatchObject({ failure: "bad-request" });
  });

  it("of an HTTP/1.0 client may have no host", () => {
    expect(read({ httpVersion: "1.0", rawHeaders: [] })).toMatchObject({
      host: { host: "", field: undefined },
    });
    expect(read({ rawHeaders: ["Host", ""] })).toMatchObject({ host: { host: "", field: undefined } });
  });

  it("is refused with the reason", () => {
    expect(read({ target: "/#" })).toMatchObject({ failure: "bad-request" });
    expect(read({ rawHeaders: ["Host", "user@shop.example"] })).toEqual({
      failure: "bad-request",
      detail: "the host is not a host name",
    });
  });

  it("may come by three times, as an app may be a proxy to other apps, but no fourth time", () => {
    expect(read({ rawHeaders: via(2) })).toMatchObject({ host: { host: "a" } });
    expect(read({ rawHeaders: via(3) })).toMatchObject({ failure: "loop-detected" });
    expect(read({ rawHeaders: ["Host", "a", "Via", "1.1 wl-2, 1.1 wl-3, 1.1 wl-4"] })).toMatchObject({
      host: { host: "a" },
    });
  });
});
