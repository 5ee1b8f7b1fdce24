import { describe, expect, it } from "vitest";

import { began } from "../instance-entry.ts";
import { randomFrom, sampleAsk, sampleEntries } from "../samples.ts";
import { PowerOfTwo } from "./power-of-two.ts";

describe("power-of-two", () => {
  it("keeps the busiest of 100 close to the mean", () => {
    const entries = sampleEntries(100);
    const balancer = new PowerOfTwo();
    entries.forEach((entry) => balancer.add(entry));
    const random = randomFrom(3);
    for (let at = 0; at < 10_000; at++) {
      const entry = balancer.pick(sampleAsk({ random }));
      if (entry !== undefined) began(entry);
    }
    const busiest = Math.max(...entries.map((entry) => entry.active));
    // The mean is 100; one blind draw would leave the busiest at about 125.
    expect(busiest).toBeLessThan(106);
  });

  it("never takes the busier one of two", () => {
    const [busy, idle] = sampleEntries(2);
    const balancer = new PowerOfTwo();
    for (const entry of [busy, idle]) if (entry !== undefined) balancer.add(entry);
    if (busy !== undefined) began(busy);
    const random = randomFrom(5);
    for (let at = 0; at < 500; at++) expect(balancer.pick(sampleAsk({ random }))).toBe(idle);
  });
});
