// Under continuous load through two routers, every fault of the config path and of the registrars: no request fails
// that an instance could have answered, none reaches an instance of another app, and the tables come to be what etcd
// holds. `npm run soak` makes the faults last a minute, and `npm run faults:docs` also writes what it saw to docs/faults.md.

import { realEtcd } from "@wayleave/testkit";
import { afterAll, describe, expect, it } from "vitest";

import { type FaultFigures, writeFaultTable } from "./fault-table.ts";
import { FAULTS } from "./fault-list.ts";
import { Stage } from "./stage.ts";

const IS_LONG = process.env["WAYLEAVE_SOAK"] === "1";
const MAY_WRITE = process.env["WAYLEAVE_WRITE_FAULT_TABLE"] === "1";
const SETTINGS = IS_LONG ? { ttlSeconds: 15 } : { ttlSeconds: 4, shrinkHoldMs: 8_000 };

describe.skipIf(!realEtcd.isAvailable)("a platform under load", { timeout: 240_000 }, () => {
  const figures: FaultFigures[] = [];

  it.each(FAULTS)(
    "loses and misroutes no request: $name",
    async ({ name, lasts, convergesWithin, befall }) => {
      await using stage = await Stage.start(SETTINGS);
      const before = stage.seen();
      const lastsMs = IS_LONG ? lasts.long : lasts.short;
      const since = performance.now();
      const changes = await stage.whileRoutesChange(() => befall(stage, lastsMs));
      const endedAt = performance.now();
      const convergedMs = await stage.convergeMs({ from: endedAt, withinMs: convergesWithin });
      const after = stage.seen();

      const requests = after.requests - before.requests;
      figures.push({ name, ...after, requests, changes, lastedMs: endedAt - since, convergedMs });
      expect(after.failed).toEqual({});
      expect(after.misrouted).toBe(0);
      expect(requests).toBeGreaterThan(100);
    },
  );

  afterAll(async () => {
    if (MAY_WRITE) await writeFaultTable(figures, SETTINGS);
  });
});
