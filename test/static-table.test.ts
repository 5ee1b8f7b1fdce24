// `wayleave router --table FILE`: no etcd anywhere.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import {
  ask,
  eventually,
  startCommand,
  startDemoApp,
  startLoad,
  temporaryDirectory,
} from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startStaticRouter } from "./cluster.ts";

const EXAMPLE = new URL("../deploy/examples/two-virtual-hosts.yaml", import.meta.url);

/** The example with the addresses of two apps of ours. */
async function exampleFor(ports: readonly [number, number]): Promise<string> {
  const text = await readFile(EXAMPLE, "utf8");
  return text
    .replace("address: 10.0.0.3, port: 80", `address: 127.0.0.1, port: ${ports[0]}`)
    .replace("address: 10.0.0.4, port: 80", `address: 127.0.0.1, port: ${ports[1]}`);
}

describe("a router with a static table", () => {
  it("routes two virtual hosts to two static servers, and follows the file under load", async () => {
    await using app1 = await startDemoApp({ name: "app1" });
    await using app2 = await startDemoApp({ name: "app2" });
    const directory = temporaryDirectory("static-table");
    const file = join(directory, "two-virtual-hosts.yaml");
    const example = await exampleFor([app1.port, app2.port]);
    await writeFile(file, example);
    await using router = await startStaticRouter(file);

    expect((await ask(router.port, "www.mysupersideproject.com", "/cart")).body).toBe("app1");
    expect((await ask(router.port, "WWW.MyOtherSideProject.com")).body).toBe("app2");
    expect(await ask(router.port, "mysupersideproject.com")).toMatchObject({
      status: 404,
      failure: "unknown-route",
    });

    const load = startLoad({ ports: [router.port], host: "www.mysupersideproject.com", concurrency: 4 });
    // A mistake: nothing changes, and the log and the admin listener name it with line and column.
    const line = example.split("\n").findIndex((text) => text.includes("app2/s1")) + 1;
    await writeFile(file, example.replace(/app2\/s1: .*/, "app2/s1: { address: not-an-address, port: 80 }"));
    await router.command.waitForLine(new RegExp(`"table-file-refused"`));
    const status = await (await fetch(`${router.admin}/api/status`)).json();
    expect(status).toMatchObject({ state: "refused", revision: 1 });
    expect(String(Object(status).error)).toContain(
      `${file}:${line}:14: instance app2/s1: address: "not-an-address"`,
    );
    expect(await (await fetch(`${router.admin}/readyz`)).json()).toMatchObject({ ready: true });
    expect((await ask(router.port, "www.myothersideproject.com")).body).toBe("app2");
    // Blue-green by file: the first host goes to the second app from one request to the next.
    await writeFile(file, example.replace("to: [{ app: app1 }]", "to: [{ app: app2 }]"));
    await eventually(async () =>
      expect((await ask(router.port, "www.mysupersideproject.com")).body).toBe("app2"),
    );
    expect(await (await fetch(`${router.admin}/api/status`)).json()).toMatchObject({
      state: "live",
      revision: 2,
    });
    const seen = app1.requests;
    await eventually(() => expect(load.result().byBody["app2"]).toBeGreaterThan(50));
    expect(app1.requests).toBe(seen);
    const { errors, byStatus } = await load.stop();
    expect([errors, Object.keys(byStatus)]).toEqual([[], ["200"]]);

    router.command.kill("SIGTERM");
    expect(await router.command.exit).toMatchObject({ code: 0 });
  });

  it.each([
    [
      "is bad",
      "routes:\n  a.b: { to: [{ app: a }], balance: best }\n",
      6,
      /table\.yaml:2:28: route a\.b\/: balance: must be/,
    ],
    ["is not there", undefined, 6, /table\.yaml cannot be read/],
  ])("does not start when the file %s", async (_, text, code, reason) => {
    const file = join(temporaryDirectory("static-table"), "table.yaml");
    if (text !== undefined) await writeFile(file, text);
    await using command = await startCommand(["router", "--table", file, "--listen", "127.0.0.1:0"]);
    expect(await command.exit).toMatchObject({ code });
    expect(command.stderr()).toMatch(reason);
  });

  it("takes the place of etcd, not a part of it", async () => {
    await using command = await startCommand(["router", "--table", "t.yaml", "--etcd", "http://127.0.0.1:1"]);
    expect(await command.exit).toMatchObject({ code: 2 });
    expect(command.stderr()).toContain("--table takes the place of etcd");
  });
});
