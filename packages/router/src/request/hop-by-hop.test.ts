import { describe, expect, it } from "vitest";

import { endToEndFields, namedByConnection } from "./hop-by-hop.ts";

describe("hop-by-hop fields", () => {
  it("go no further, nor do those that Connection names", () => {
    const fields = [
      ["Link", "</a.css>"],
      ["Connection", "close, X-No, Internal-Hint"],
      ["Keep-Alive", "timeout=5"],
      ["proxy-connection", "keep-alive"],
      ["TE", "trailers"],
      ["Transfer-Encoding", "chunked"],
      ["Upgrade", "websocket"],
      ["internal-hint", "1"],
      ["X-No", "1"],
      ["CONNECTION", "other"],
      ["Other", "2"],
      ["Link", "</b.css>"],
    ].flat();
    expect(endToEndFields(fields)).toEqual(["Link", "</a.css>", "Link", "</b.css>"]);
  });

  it("cannot take away what others decide by", () => {
    const names =
      "Host, X-Forwarded-For, Content-Length, Transfer-Encoding, Cookie, Authorization, Via, keep-alive";
    expect(namedByConnection(names)).toEqual([]);
    expect(namedByConnection("X-Request-Id , traceparent,X-Forwarded-Anything")).toEqual([]);
    expect(namedByConnection("Private-Hint,, upgrade")).toEqual(["private-hint"]);
    expect(namedByConnection(undefined)).toEqual([]);
  });
});
