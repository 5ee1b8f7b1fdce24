import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { parseListenAddress } from "./listen-address.ts";

describe("parseListenAddress", () => {
  it.each([
    ["0.0.0.0:8080", { host: "0.0.0.0", port: 8080 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["[::]:80", { host: "::", port: 80 }],
  ])("reads %s", (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each(["", "8080", ":8080", "localhost:80", "0.0.0.0:70000", "::1:80", "0.0.0.0:"])(
    "refuses %j",
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
    },
  );
});
