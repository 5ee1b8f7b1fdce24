import { describe, expect, it } from "vitest";

import { makeFailureAnswer } from "./failure-answer.ts";
import { FAILURES, type FailureCode } from "./failures.ts";
import { grpcMessage, grpcStatus, isGrpc } from "./grpc-failure.ts";

describe("a failure of a call of gRPC", () => {
  it.each([
    ["application/grpc", true],
    ["application/grpc+proto", true],
    ["Application/gRPC; charset=utf-8", true],
    ["application/grpc-web", false],
    ["application/grpc-web+proto", false],
    ["application/json", false],
    [undefined, false],
  ])("is told of a request with the Content-Type %s: %s", (contentType, isOne) => {
    expect(isGrpc(contentType)).toBe(isOne);
  });

  it("may be tried again by the client where another instance may serve it, and not where time is over", () => {
    const codes = (["no-instances", "connect-timeout", "answer-cut", "answer-timeout"] as const).map(
      grpcStatus,
    );
    expect(codes).toEqual([14, 14, 14, 4]);
    expect(grpcStatus("unknown-route")).toBe(12);
    expect(grpcStatus("internal")).toBe(13);
  });

  it("has a code for every row", () => {
    for (const failure of Object.keys(FAILURES) as FailureCode[]) {
      expect(grpcStatus(failure)).toBeGreaterThan(0);
      expect(grpcStatus(failure)).toBeLessThan(17);
    }
  });

  it("is an answer of status 200 without a body, that says what it is in its head", () => {
    const report = { requestId: "id-1", accept: "text/html", detail: undefined, nowMs: 0 };
    const { status, headers, body } = makeFailureAnswer({
      ...report,
      failure: "no-instances",
      contentType: "application/grpc",
    });
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers.join("\n")).toContain("Content-Type\napplication/grpc\n");
    expect(headers.join("\n")).toContain("X-Wayleave-Error\nno-instances\n");
    expect(headers.join("\n")).toContain("Grpc-Status\n14\nGrpc-Message\nThe app has no instance.");
  });

  it("writes its message so that any text survives", () => {
    expect(grpcMessage("50 % of ü: a, b")).toBe("50 %25 of %C3%BC: a, b");
  });
});
