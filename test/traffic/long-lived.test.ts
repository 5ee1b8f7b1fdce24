import { ask, realEtcd, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { keys, openTunnel, putInstance, putRoute, SessionApp, Stage } from "./stage.ts";

const CHANGES = 1_000;

describe.skipIf(!realEtcd.isAvailable)("a WebSocket", () => {
  it.each(["wire", "http-proxy"])(
    "lives on across 1,000 table changes and the removal of its route and instance, on %s",
    { timeout: 90_000 },
    async (engine) => {
      await using stage = await Stage.start(1, ["--engine", engine, "--access-log", "off"]);
      await using app = await SessionApp.start("chat");
      await using other = await startDemoApp({ name: "other" });
      await stage.commit([
        putRoute("chat.example", [{ app: "chat" }]),
        putInstance("chat", "one", app.port),
        putInstance("other", "one", other.port),
      ]);
      const tunnel = await openTunnel(stage.port, "chat.example");
      expect([tunnel.name, await tunnel.echo("before")]).toEqual(["chat", "before"]);

      for (let change = 0; change < CHANGES; change += 20) {
        const writes = Array.from({ length: 20 }, (_, index) =>
          stage.store.commit(changeOf(change + index, app.port)),
        );
        await Promise.all(writes);
        expect(await tunnel.echo(`change ${change}`)).toBe(`change ${change}`);
      }
      // All of them have been applied, and each was one.
      const settled = await stage.commit([putRoute("chat.example", [{ app: "other" }])]);
      expect(settled).toBeGreaterThan(CHANGES);
      expect((await ask(stage.port, "chat.example")).body).toBe("other");
      expect(await tunnel.echo("switched away")).toBe("switched away");
      await stage.commit([
        { delete: keys.route("chat.example", "/") },
        { delete: keys.instance("chat", "one") },
      ]);
      expect((await ask(stage.port, "chat.example")).status).toBe(404);
      expect(await tunnel.echo("removed")).toBe("removed");
      tunnel.socket.end();
    },
  );
});

/** Changes of every kind: of its route, of its instance, of others and of the settings. */
function changeOf(number: number, port: number) {
  switch (number % 4) {
    case 0:
      return [putRoute("chat.example", [{ app: "chat", weight: 1 + (number % 7) }])];
    case 1:
      return [putInstance("chat", "one", port, { weight: 1 + (number % 5) })];
    case 2:
      return [putRoute(`h${number % 50}.example`, [{ app: "other" }], { labels: { at: String(number) } })];
    default:
      return [{ put: keys.settings, value: JSON.stringify({ retries: { attempts: 1 + (number % 3) } }) }];
  }
}
