import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FAILURES, type FailureCode } from "./failures.ts";
import { type FailedAttempt, mayRetry } from "./may-retry.ts";

const refused: FailedAttempt = {
  failure: "connect-refused",
  method: "POST",
  hasBody: true,
  hasIdempotencyKey: false,
  isSent: false,
  canResend: true,
  attempts: 1,
  maxAttempts: 3,
  elapsedMs: 5,
  exchangeMs: undefined,
};
const cut: FailedAttempt = { ...refused, failure: "answer-cut", isSent: true };

const isCode = (code: string): code is FailureCode => code in FAILURES;
const CODES = Object.keys(FAILURES).filter(isCode);

describe("a failed attempt", () => {
  it("of any method is followed by another one when nothing was sent", () => {
    for (const method of ["GET", "POST", "PATCH", "BREW"])
      expect(mayRetry({ ...refused, method })).toBe(true);
  });

  it("that was sent is followed by another one when it is idempotent and has no body", () => {
    expect(mayRetry({ ...cut, method: "GET", hasBody: false })).toBe(true);
    expect(mayRetry({ ...cut, method: "DELETE", hasBody: false })).toBe(true);
    expect(mayRetry({ ...cut, method: "PUT", hasBody: true })).toBe(false);
    expect(mayRetry({ ...cut, method: "POST", hasBody: false })).toBe(false);
    expect(mayRetry({ ...cut, hasIdempotencyKey: true })).toBe(true);
  });

  it("is the last one when the attempts or the time are used up", () => {
    expect(mayRetry({ ...refused, attempts: 3 })).toBe(false);
    expect(mayRetry({ ...refused, elapsedMs: 100, exchangeMs: 100 })).toBe(false);
    expect(mayRetry({ ...refused, elapsedMs: 99, exchangeMs: 100 })).toBe(true);
  });

  it("by an answer that did not come in time is the last one", () => {
    expect(mayRetry({ ...cut, failure: "answer-timeout", method: "GET", hasBody: false })).toBe(false);
  });

  it("is never repeated against these laws", () => {
    const attempt = fc.record<FailedAttempt>({
      failure: fc.constantFrom(...CODES),
      method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "BREW"),
      hasBody: fc.boolean(),
      hasIdempotencyKey: fc.boolean(),
      isSent: fc.boolean(),
      canResend: fc.boolean(),
      attempts: fc.integer({ min: 1, max: 5 }),
      maxAttempts: fc.integer({ min: 1, max: 5 }),
      elapsedMs: fc.integer({ min: 0, max: 200 }),
      exchangeMs: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(attempt, (each) => {
        const isHarmless = !["POST", "PATCH", "get", "BREW"].includes(each.method) && !each.hasBody;
        if (mayRetry(each)) {
          expect(each.canResend).toBe(true);
          expect(each.attempts).toBeLessThan(each.maxAttempts);
          expect(each.elapsedMs).toBeLessThan(each.exchangeMs ?? Number.POSITIVE_INFINITY);
          expect(!each.isSent || isHarmless || each.hasIdempotencyKey).toBe(true);
          expect(FAILURES[each.failure].fault).not.toBe("client");
        } else if (each.failure.startsWith("connect-") && !each.isSent && each.canResend) {
          const hasTime = each.elapsedMs < (each.exchangeMs ?? Number.POSITIVE_INFINITY);
          expect(each.attempts < each.maxAttempts && hasTime).toBe(false);
        }
      }),
    );
  });
});
