import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { flatFields } from "./field-lines.ts";
import { readRequestFields, type RequestFields } from "./request-fields.ts";

interface Options {
  isTrusted?: boolean;
  httpVersion?: "1.0" | "1.1";
}

function read(fields: string[][], { isTrusted = false, httpVersion = "1.1" }: Options = {}) {
  const head = { method: "GET", target: "/", httpVersion, rawHeaders: fields.flat(), hasBody: false };
  return readRequestFields({ ...head, isUpgrade: false }, { isTrusted, pseudonym: "wl-1" });
}

/** What was read, with the lines that go on taken apart. */
function accept(
  fields: string[][],
  options?: Options,
): Omit<RequestFields, "kept"> & { readonly kept: string[] } {
  const result = read([["Host", "a"], ...fields], options);
  if (!result.ok) throw new Error(result.reason);
  return { ...result.value, kept: flatFields(result.value.kept) };
}

describe("the fields of a request", () => {
  it("are passed on in their order and case, duplicates too", () => {
    const fields = [
      ["ACCEPT", "a"],
      ["X-Twice", "1"],
      ["Cookie", "a=1"],
      ["x-twice", "2"],
      ["Cookie", "b=2"],
      ["Trailer", "x-sum"],
    ];
    const result = accept([...fields, ["Content-Length", "3"]]);
    expect(result.kept).toEqual(fields.flat());
    expect(result).toMatchObject({ host: "a", contentLength: 3, cookie: "a=1; b=2" });
  });

  it("are dropped when they are for this connection only", () => {
    const fields = [
      ["Connection", "upgrade, keep-alive, Hint"],
      ["Upgrade", "websocket"],
      ["Keep-Alive", "1"],
      ["TE", "trailers"],
      ["Hint", "1"],
      ["Expect", "100-continue"],
      ["HTTP2-Settings", "x"],
      ["Proxy-Authorization", "x"],
      ["Proxy", "http://evil"],
    ];
    expect(accept(fields)).toMatchObject({ kept: [], upgrade: "websocket" });
  });

  const claims = [
    ["X-Forwarded-For", "1.2.3.4"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "h"],
    ["X-Forwarded-Port", "443"],
    ["X-Request-Id", "id"],
    ["X-Request-Start", "t=1"],
    ["X-Forwarded-Prefix", "/p"],
    ["Forwarded", "for=1.2.3.4"],
    ["X-Real-IP", "1.2.3.4"],
    ["X-Forwarded-For", "5.6.7.8"],
    ["X-Forwarded-Client-Cert", "Hash=1"],
    ["X-Forwarded-Client-Cert", "Hash=2"],
    ["Client-Cert", ":aa:"],
    ["Client-Cert-Chain", ":bb:"],
  ];

  it("that only a proxy may set are nobody's word from a stranger", () => {
    expect(accept(claims)).toMatchObject({ kept: [], said: {} });
  });

  it("that only a proxy may set are nobody's word when they are spelled with _, not even a trusted proxy's", () => {
    const spelled = [
      ["X_Forwarded_For", "1"],
      ["x-forwarded_proto", "1"],
      ["X_FORWARDED_CLIENT_CERT", "Hash=1"],
      ["X-Forwarded-Client_Cert", "Hash=1"],
      ["Client_Cert", "1"],
      ["Content_Length", "5"],
      ["X_Request-ID", "1"],
      ["api_key", "kept"],
    ];
    expect(accept(spelled).kept).toEqual(["api_key", "kept"]);
    expect(accept(spelled, { isTrusted: true }).kept).toEqual(["api_key", "kept"]);
  });

  it("that only a proxy may set count from a trusted one, whatever Connection names", () => {
    const { kept, said } = accept([["Connection", "X-Forwarded-For, Forwarded, Client-Cert"], ...claims], {
      isTrusted: true,
    });
    expect(said).toEqual({
      for: "1.2.3.4, 5.6.7.8",
      proto: "https",
      host: "h",
      port: "443",
      requestId: "id",
      requestStart: "t=1",
      clientCertificate: "Hash=1, Hash=2",
    });
    const others = ["X-Forwarded-Prefix", "Forwarded", "X-Real-IP", "Client-Cert", "Client-Cert-Chain"];
    expect(kept).toEqual(claims.filter(([name = ""]) => others.includes(name)).flat());
  });

  it("tell how often the request came through this replica", () => {
    expect(accept([["Via", "1.1 other, 1.0 wl-10"]]).passages).toBe(0);
    const via = [
      ["Via", "1.1 wl-1"],
      ["Via", "1.1 other,HTTP/1.1 \t wl-1 (a comment), 1.1 x"],
    ];
    expect(accept(via)).toMatchObject({ passages: 2, kept: via.flat() });
  });

  it("tell an idempotency key", () => {
    expect(accept([["idempotency-key", "k"]])).toMatchObject({ hasIdempotencyKey: true });
    expect(accept([])).toMatchObject({ hasIdempotencyKey: false });
  });
});

describe("whatever a stranger sends", () => {
  const OWNED =
    /^(?:connection|keep-alive|proxy-connection|te|transfer-encoding|upgrade|expect|forwarded|via|x-real-ip|x-request-id|x-request-start|x-forwarded-.*)$/;
  const name = fc.oneof(
    fc.constantFrom(
      "X-Forwarded-For",
      "x_forwarded_for",
      "X-FORWARDED_PROTO",
      "Forwarded",
      "X-Real-IP",
      "Connection",
    ),
    fc.constantFrom(
      "Transfer-Encoding",
      "Transfer_Encoding",
      "Keep-Alive",
      "TE",
      "Upgrade",
      "Proxy",
      "X-Forwarded-Any",
    ),
    fc.stringMatching(/^[A-Za-z_-]{1,12}$/),
  );
  const value = fc.constantFrom("1.2.3.4", "close, host, x-forwarded-for", "chunked", "x");

  it("nothing that only a proxy may say comes through, in whatever spelling an app may read it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (fields) => {
        const result = read([["Host", "a"], ...fields]);
        if (!result.ok) return;
        const names = flatFields(result.value.kept).filter((_, index) => index % 2 === 0);
        const spelled = names.map((each) => each.toLowerCase().replaceAll("_", "-"));
        expect(spelled.filter((each) => OWNED.test(each))).toEqual([]);
        expect(result.value.said).toEqual({});
      }),
    );
  });
});

describe("the fields of a request are refused", () => {
  const refused: [string, string[][], Options?][] = [
    ["without Host", []],
    ["with two Hosts", [["Host", "a"], ["host", "a"]]], // prettier-ignore
    ["with two Hosts in HTTP/1.0", [["Host", "a"], ["Host", "b"]], { httpVersion: "1.0" }], // prettier-ignore
    ["with two equal Content-Lengths", [["Host", "a"], ["Content-Length", "1"], ["Content-Length", "1"]]], // prettier-ignore
    [
      "with a list of Content-Lengths",
      [
        ["Host", "a"],
        ["Content-Length", "1, 1"],
      ],
    ],
    [
      "with a signed Content-Length",
      [
        ["Host", "a"],
        ["Content-Length", "+1"],
      ],
    ],
    [
      "with a hexadecimal Content-Length",
      [
        ["Host", "a"],
        ["Content-Length", "0x1"],
      ],
    ],
    [
      "with a Content-Length of 30 digits",
      [
        ["Host", "a"],
        ["Content-Length", "1".repeat(30)],
      ],
    ],
    [
      "with both framings",
      [
        ["Host", "a"],
        ["Content-Length", "1"],
        ["Transfer-Encoding", "chunked"],
      ],
    ],
    [
      "with another coding",
      [
        ["Host", "a"],
        ["Transfer-Encoding", "gzip, chunked"],
      ],
    ],
    ["with two codings", [["Host", "a"], ["Transfer-Encoding", "chunked"], ["Transfer-Encoding", "chunked"]]], // prettier-ignore
    [
      "with a disguised coding",
      [
        ["Host", "a"],
        ["Transfer-Encoding", "xchunked"],
      ],
    ],
    [
      "chunked in HTTP/1.0",
      [
        ["Host", "a"],
        ["Transfer-Encoding", "chunked"],
      ],
      { httpVersion: "1.0" },
    ],
  ];
  it.each(refused)("%s", (_, fields, options) => {
    expect(read(fields, options).ok).toBe(false);
  });

  it("but not in HTTP/1.0 without Host, nor with one well-formed framing", () => {
    expect(read([], { httpVersion: "1.0" }).ok).toBe(true);
    expect(accept([["Transfer-Encoding", "Chunked"]]).kept).toEqual([]);
    expect(accept([["Content-Length", "0"]]).contentLength).toBe(0);
  });
});
