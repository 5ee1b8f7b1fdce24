import { eventually } from "@wayleave/testkit";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import { Place, type Served } from "./place.ts";

/** A worker that ends when it is told to. */
class FakeWorker implements Served {
  readonly #gone = Promise.withResolvers<void>();
  readonly gone = this.#gone.promise;
  retiredFor: number | undefined;

  retire(limitMs: number): void {
    this.retiredFor = limitMs;
  }

  end(): void {
    this.#gone.resolve();
  }
}

function started(fails: (count: number) => boolean = () => false) {
  const workers: FakeWorker[] = [];
  const startedAt: number[] = [];
  const start = async (): Promise<FakeWorker> => {
    startedAt.push(performance.now());
    if (fails(startedAt.length)) throw new Error("no");
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  return { workers, startedAt, place: new Place({ index: 0, start, logger: pino({ level: "silent" }) }) };
}

describe("a place", () => {
  it("is filled again at once when its worker ends, later when the next one ends too", async () => {
    const { workers, startedAt, place } = started();
    await place.fill();
    workers[0]?.end();
    await eventually(() => expect(workers).toHaveLength(2));
    workers[1]?.end();
    await eventually(() => expect(workers).toHaveLength(3));
    expect((startedAt[2] ?? 0) - (startedAt[1] ?? 0)).toBeGreaterThanOrEqual(95);
    place.close();
  });

  it("tries again when a start fails", async () => {
    const { workers, startedAt, place } = started((count) => count === 2 || count === 3);
    await place.fill();
    workers[0]?.end();
    await eventually(() => expect(workers).toHaveLength(2));
    expect(startedAt).toHaveLength(4);
    place.close();
  });

  it("retires its worker only when the successor serves, and is not filled when that one goes then", async () => {
    const { workers, place } = started();
    await place.fill();
    await place.replace(1_234);
    expect(workers.map(({ retiredFor }) => retiredFor)).toEqual([1_234, undefined]);
    workers[0]?.end();
    await place.replace(1);
    expect(workers).toHaveLength(3);
    place.close();
  });

  it("keeps its worker when the successor does not come up", async () => {
    const { workers, place } = started((count) => count === 2);
    await place.fill();
    await expect(place.replace(1)).rejects.toThrow("no");
    expect(workers.map(({ retiredFor }) => retiredFor)).toEqual([undefined]);
    place.close();
  });

  it("starts nobody after its end", async () => {
    const { workers, startedAt, place } = started();
    await place.fill();
    place.close();
    workers[0]?.end();
    await workers[0]?.gone;
    await new Promise(setImmediate);
    expect(startedAt).toHaveLength(1);
  });
});
