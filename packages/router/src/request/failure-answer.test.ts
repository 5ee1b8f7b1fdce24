import { describe, expect, it } from "vitest";

import { type FailureReport, makeFailureAnswer } from "./failure-answer.ts";

function answer(report: Partial<FailureReport>) {
  const made = makeFailureAnswer({
    failure: "unknown-route",
    requestId: "id-1",
    accept: undefined,
    detail: undefined,
    nowMs: 0,
    ...report,
  });
  const headers = new Map<string, string>();
  for (let index = 0; index < made.headers.length; index += 2) {
    headers.set(made.headers[index] ?? "", made.headers[index + 1] ?? "");
  }
  return { status: made.status, headers, body: made.body.toString() };
}

const typeFor = (accept: string) => answer({ accept }).headers.get("Content-Type")?.split(";")[0];

describe("the answer for a failure", () => {
  it("says in its head that the router made it, and why", () => {
    const { status, headers } = answer({});
    expect(status).toBe(404);
    expect(Object.fromEntries(headers)).toEqual({
      Date: "Thu, 01 Jan 1970 00:00:00 GMT",
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Wayleave-Error": "unknown-route",
      "Proxy-Status": "wayleave; error=destination_not_found",
      "X-Request-Id": "id-1",
    });
  });

  it("says when to come again where that may help", () => {
    expect(answer({ failure: "no-instances" }).headers.get("Retry-After")).toBe("5");
    expect(answer({ failure: "instances-saturated" }).headers.get("Retry-After")).toBe("1");
    expect(answer({ failure: "connect-refused" }).headers.has("Retry-After")).toBe(false);
  });

  it("is a problem by default", () => {
    const { body } = answer({ failure: "bad-request", detail: 'a "quoted" <word>' });
    expect(JSON.parse(body)).toEqual({
      type: "urn:wayleave:bad-request",
      title: "The request is malformed or ambiguous.",
      status: 400,
      detail: 'a "quoted" <word>',
      code: "bad-request",
      requestId: "id-1",
    });
  });

  it("is HTML for a browser, with everything escaped", () => {
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    const { body } = answer({ accept, detail: `<script>'&"`, requestId: "<id>" });
    expect(body).toContain("<h1>404 unknown-route</h1>");
    expect(body).toContain("&lt;script&gt;&#39;&amp;&quot;");
    expect(body).toContain("&lt;id&gt;");
    expect(body).not.toContain("<script>");
  });

  it("is text for who wants text", () => {
    expect(answer({ accept: "text/plain" }).body).toBe(
      "404 unknown-route\nNo route leads from this host and path.\nRequest id: id-1\n",
    );
  });

  it("weighs what Accept says", () => {
    expect(typeFor("*/*")).toBe("application/problem+json");
    expect(typeFor("text/html;q=0.5, text/plain;q=0.9")).toBe("text/plain");
    expect(typeFor("text/html;q=0, */*")).toBe("application/problem+json");
    expect(typeFor("application/json, text/html")).toBe("application/problem+json");
    expect(typeFor("image/png")).toBe("application/problem+json");
    expect(typeFor("Text/HTML ; Q=1.0")).toBe("text/html");
    expect(typeFor(";;,,q=")).toBe("application/problem+json");
  });
});
