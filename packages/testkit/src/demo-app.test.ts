import { once } from "node:events";
import { request } from "node:http";

import { expect, it } from "vitest";
import { WebSocket } from "ws";

import { type DemoApp, startDemoApp } from "./demo-app.ts";

function ask(app: DemoApp, path: string, body = ""): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const method = body === "" ? "GET" : "POST";
    const sent = request(
      `${app.url}${path}`,
      { agent: false, method, headers: { "X-Odd-Case": "1" } },
      (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode, body: text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

it("answers its name, a status, and what it received", async () => {
  await using app = await startDemoApp({ name: "shop" });
  expect(await ask(app, "/")).toEqual({ status: 200, body: "shop" });
  expect(await ask(app, "/status/418")).toEqual({ status: 418, body: "shop" });
  expect(await ask(app, "/slow?ms=1")).toEqual({ status: 200, body: "shop" });
  const echo = JSON.parse((await ask(app, "/api/echo?q=1", "hello")).body);
  expect(echo).toMatchObject({ name: "shop", method: "POST", url: "/api/echo?q=1", body: "hello" });
  expect(echo.rawHeaders).toContain("X-Odd-Case");
  expect(app.requests).toBe(4);
});

it("sends back what comes by WebSocket", async () => {
  await using app = await startDemoApp();
  const socket = new WebSocket(app.url.replace("http:", "ws:"));
  await once(socket, "open");
  socket.send("over and back");
  const [data] = await once(socket, "message");
  expect(String(data)).toBe("over and back");
  expect(app.connections).toBe(1);
  socket.close();
  await once(socket, "close");
});

it("resets what is open when it is closed", async () => {
  const app = await startDemoApp();
  const failure = ask(app, "/slow?ms=60000").catch((error: unknown) => error);
  await expect.poll(() => app.requests).toBe(1);
  await app.close();
  expect(await failure).toHaveProperty("code", "ECONNRESET");
});
