// A real browser on an https page of an app, and its WebSocket: over HTTP/2 both, as browsers do when they may.

import { once } from "node:events";
import { createServer } from "node:http";

import { eventually } from "@wayleave/testkit";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";

import { createSecureWireEngine } from "../packages/router/src/engine/conformance/secure-wire-engine.ts";
import { World } from "../packages/router/src/engine/conformance/world.ts";
import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";

const executablePath = findCommand("chromium");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
];

/** Runs in the page. */
function talk(): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket("wss://shop.example/chat");
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
    socket.addEventListener("close", ({ code }) => resolve(`closed with ${code}`));
  });
}

describe.skipIf(executablePath === undefined)("a browser", () => {
  it("loads a page and talks over a WebSocket, on one HTTP/2 connection", { timeout: 60_000 }, async () => {
    await using world = await World.start(createSecureWireEngine);
    const app = createServer((_, response) =>
      response.setHeader("Content-Type", "text/html").end("<h1>shop</h1>"),
    );
    const sockets = new WebSocketServer({ server: app });
    sockets.on("connection", (socket) => socket.on("message", () => socket.send("heard")));
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    const address = app.address();
    world.register(typeof address === "object" && address !== null ? address.port : 0);
    const resolve = `--host-resolver-rules=MAP shop.example 127.0.0.1:${world.port}`;
    const browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: [...FLAGS, "--ignore-certificate-errors", resolve],
    });
    try {
      const page = await browser.newPage();
      const answer = await page.goto("https://shop.example/");
      expect([answer?.status(), await page.textContent("h1")]).toEqual([200, "shop"]);
      expect(await page.evaluate(talk)).toBe("heard");
    } finally {
      await browser.close();
      sockets.close();
      app.closeAllConnections();
      app.close();
    }
    // An upgraded exchange is told of when it is over.
    await eventually(() => {
      const chat = world.summaries.find(({ target }) => target === "/chat");
      expect(chat).toMatchObject({ httpVersion: "2.0", status: 101, isUpgraded: true });
    });
    expect(new Set(world.summaries.map(({ client }) => client.port)).size).toBe(1);
  });
});
