import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { answerCases } from "./answer-cases.ts";
import { AnsweringInstance } from "./answering-instance.ts";
import { type RunningPeer, startPeer } from "./peers.ts";
import type { Peer, RequestCase } from "./raw-case.ts";
import { ReadingInstance } from "./reading-instance.ts";
import { requestFraming } from "./request-framing.ts";
import { requestOrder } from "./request-order.ts";
import { requestSmuggling } from "./request-smuggling.ts";
import { requestSyntax } from "./request-syntax.ts";
import { requestTargets } from "./request-targets.ts";
import { findCommand } from "./find-command.ts";
import { haproxyDifferences } from "./haproxy-differences.ts";
import { httpProxyDifferences } from "./http-proxy-differences.ts";
import { nginxDifferences } from "./nginx-differences.ts";
import { described, runAnswerCase } from "./run-answer-case.ts";
import { runRequestCase } from "./run-request-case.ts";

const THEMES: Record<string, readonly RequestCase[]> = {
  framing: requestFraming,
  smuggling: requestSmuggling,
  syntax: requestSyntax,
  targets: requestTargets,
  order: requestOrder,
};
const PATIENCE_MS = 10_000;
const PEER_PATIENCE_MS = 2_000;

const OTHERS: readonly Peer[] = [
  "http-proxy",
  ...(["nginx", "haproxy"] as const).filter((name) => findCommand(name) !== undefined),
];
const DIFFERENCES = {
  "http-proxy": httpProxyDifferences,
  nginx: nginxDifferences,
  haproxy: haproxyDifferences,
};
const ALL = [...Object.values(THEMES).flat(), ...answerCases].map(({ name }) => name);

/** The cases that a peer reads as we do. */
function alike<Case extends { readonly name: string }>(peer: Peer, cases: readonly Case[]): Case[] {
  const others = new Set(Object.values(DIFFERENCES[peer]).flat());
  return cases.filter(({ name }) => !others.has(name));
}

/** A peer in front of an instance, for a whole suite. */
function started<Instance extends { readonly port: number; stop(): Promise<void> }>(
  name: Peer | "wire",
  start: () => Promise<Instance>,
): { readonly instance: Instance; readonly port: number } {
  let instance: Instance | undefined;
  let peer: RunningPeer | undefined;
  beforeAll(async () => {
    instance = await start();
    peer = await startPeer(name, instance.port);
  });
  afterAll(async () => {
    await peer?.stop();
    await instance?.stop();
  });
  return {
    get instance() {
      if (instance === undefined) throw new Error("not started");
      return instance;
    },
    get port() {
      return peer?.port ?? 0;
    },
  };
}

describe("the wire engine reads requests'", () => {
  const at = started("wire", () => ReadingInstance.start());

  describe.each(Object.entries(THEMES))("%s:", (_theme, cases) => {
    it.each(cases)("$name", async (rawCase) => {
      const outcome = await runRequestCase(rawCase, {
        ...at,
        timeoutMs: PATIENCE_MS,
        mustClose: true,
      });
      expect(outcome.reads).toEqual(rawCase.reads);
      expect(outcome.refused).toBe(rawCase.refused);
      if (rawCase.refused !== undefined) expect(outcome.isClosed).toBe(true);
    });
  });
});

describe("the wire engine relays answers:", () => {
  const at = started("wire", () => AnsweringInstance.start());

  it.each(answerCases)("$name", async (rawCase) => {
    const outcome = await runAnswerCase(rawCase, { ...at, timeoutMs: PATIENCE_MS });
    expect(outcome.gives).toBe(described(rawCase.gives));
    if (rawCase.isKept !== undefined) expect(outcome.isKept).toBe(rawCase.isKept);
  });
});

describe.each(OTHERS)("%s reads requests as the wire engine does:", (peer) => {
  const at = started(peer, () => ReadingInstance.start());

  it.each(alike(peer, Object.values(THEMES).flat()))("$name", async (rawCase) => {
    // Some keep a connection open after they have refused a request on it: only what was read counts.
    const outcome = await runRequestCase(rawCase, {
      ...at,
      timeoutMs: PEER_PATIENCE_MS,
      mustClose: false,
    });
    expect(outcome.reads).toEqual(rawCase.reads);
  });
});

describe.each(OTHERS)("%s relays answers as the wire engine does:", (peer) => {
  const at = started(peer, () => AnsweringInstance.start());

  it.each(alike(peer, answerCases))("$name", async (rawCase) => {
    const { gives } = await runAnswerCase(rawCase, { ...at, timeoutMs: PATIENCE_MS });
    const isFailure = "failure" in rawCase.gives && peer !== "http-proxy";
    // Other proxies have words of their own for what they refuse.
    expect(isFailure ? gives.slice(0, 2) : gives).toBe(isFailure ? "50" : described(rawCase.gives));
  });
});

describe("the http-proxy engine differs where that is explained:", () => {
  const explained = new Set(Object.values(httpProxyDifferences).flat());
  const at = started("http-proxy", () => ReadingInstance.start());
  const cases = Object.values(THEMES)
    .flat()
    .filter(({ name }) => explained.has(name));

  it.each(cases)("$name", async (rawCase) => {
    const outcome = await runRequestCase(rawCase, { ...at, timeoutMs: PEER_PATIENCE_MS, mustClose: false });
    expect(outcome.reads).not.toEqual(rawCase.reads);
  });
});

describe("the raw cases", () => {
  it("are many, and each has a name of its own", () => {
    expect(ALL.length).toBeGreaterThan(500);
    expect(ALL.filter((name, index) => ALL.indexOf(name) !== index)).toEqual([]);
  });

  it("are known where a difference is explained", () => {
    const explained = Object.values(DIFFERENCES).flatMap((reasons) => Object.values(reasons).flat());
    expect(explained.filter((name) => !ALL.includes(name))).toEqual([]);
  });
});
