// Whether what would become of a request is what a test of a table file expects. Pure.

import type { ExplainedDestination, ExplainedRequest, Explanation } from "@wayleave/router";
import type { Parsed } from "@wayleave/records";

import { DECIDED_FAILURES, type Expectation } from "./read-tests.ts";

/** One expectation that does not hold. */
export interface Mismatch {
  readonly field: keyof Expectation;
  readonly expected: string;
  readonly found: string;
}

/**
 * Compares an explanation with what is expected of it; `explained` is a refusal when the request itself is bad.
 * `needsInstances`: that an app has no instance is a failure of tests which expect it; without it they are about where
 * routes lead to, as instances register themselves elsewhere.
 */
export function judgeTest(
  expect: Expectation,
  explained: Parsed<Pick<ExplainedRequest, "explanation">>,
  { needsInstances }: { readonly needsInstances: boolean },
): Mismatch[] {
  const explanation = explained.ok ? explained.value.explanation : undefined;
  const failure = explanation === undefined ? "bad-request" : explanation.failure;
  const found = foundIn(explanation);
  const wanted = {
    failure: expect.failure,
    status: expect.status?.toString(),
    route: expect.route && expect.route.host + expect.route.path,
    app: expect.app,
    version: expect.version,
  };
  const actual = {
    failure: failure ?? "none",
    status: failure === null ? "the app's own" : DECIDED_FAILURES[failure].toString(),
    ...found,
  };
  const fields = ["failure", "status", "route", "app", "version"] as const;
  const wrong = fields.flatMap((field): Mismatch[] => {
    const expected = wanted[field];
    if (expected === undefined || actual[field] === expected) return [];
    return [{ field, expected, found: actual[field] }];
  });
  const isServed = wanted.app !== undefined || wanted.version !== undefined;
  const isUnserved = failure !== null && (needsInstances || failure === "bad-request");
  if (wrong.length > 0 || !isServed || !isUnserved || wanted.failure !== undefined) return wrong;
  return [{ field: "app", expected: wanted.app ?? "", found: failure }];
}

/** What it comes to, whatever has its turn; several alternatives stand as `v1 or v2`. */
function foundIn(explanation: Explanation | undefined): Record<"route" | "app" | "version", string> {
  const route = explanation?.route ?? null;
  const shared = explanation?.destinations.filter(({ share }) => share > 0) ?? [];
  const taken =
    explanation?.affinity === "kept" ? shared.filter(({ outcome }) => outcome === "picked") : shared;
  return {
    route: route === null ? "none" : route.host + route.path,
    app: alternatives(taken.map(({ app }) => app)),
    version: alternatives(taken.flatMap((destination) => versionsOf(destination, explanation))),
  };
}

function versionsOf(
  { version, instances }: ExplainedDestination,
  explanation: Explanation | undefined,
): string[] {
  if (version !== null) return [version];
  const outcomes = explanation?.affinity === "kept" ? ["picked"] : ["picked", "may-serve", "other-zone"];
  const serving = instances.filter(({ outcome }) => outcomes.includes(outcome));
  return serving.map((instance) => instance.version ?? "without a version");
}

function alternatives(names: readonly string[]): string {
  return names.length === 0 ? "none" : [...new Set(names)].toSorted().join(" or ");
}
