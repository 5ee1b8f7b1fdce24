import { describe, expect, it, vi } from "vitest";

import { statusOf } from "../conformance/raw-connection.ts";
import { answering, ok } from "../conformance/test-instance.ts";
import { World, requestText } from "../conformance/world.ts";
import type { CreateEngine } from "../engine.ts";
import { createWireEngine } from "./wire-engine.ts";

/** The wire engine with a request path that throws where it is told to, for targets that begin with `/defect`. */
function defectiveAt(member: "requestLines" | "answerLines" | "answerEnded" | "retry"): CreateEngine {
  return (settings) =>
    createWireEngine({
      ...settings,
      exchanges: {
        refuse: (failure, client, detail) => settings.exchanges.refuse(failure, client, detail),
        open: (head, client) => {
          const exchange = settings.exchanges.open(head, client);
          if (!head.target.startsWith("/defect")) return exchange;
          return Object.assign(exchange, {
            [member]: () => {
              throw new Error(`a defect in ${member}`);
            },
          });
        },
      },
    });
}

describe("a defect of the router's own code", () => {
  it.each(["requestLines", "answerLines", "answerEnded"] as const)(
    "in %s ends the connection that met it, is told, and leaves the others alone",
    async (member) => {
      await using world = await World.start(defectiveAt(member));
      await world.instance(answering(ok()));
      const healthy = await world.client();
      expect(statusOf(await healthy.send(requestText()).readMessage())).toBe(200);
      const client = await world.client();
      client.send(requestText("GET /defect"));
      await client.ended();
      await vi.waitFor(() => expect(world.summaries).toHaveLength(3));
      expect(world.summaries.slice(1).map(({ failure }) => failure)).toEqual(["internal", "internal"]);
      expect(world.summaries.some(({ detail }) => detail?.includes(`a defect in ${member}`))).toBe(true);
      expect(statusOf(await healthy.send(requestText()).readMessage())).toBe(200);
      await vi.waitFor(() => expect(world.engine.connections).toBe(1));
    },
  );

  it("in the handling of a broken connection does not end the process either", async () => {
    await using world = await World.start(defectiveAt("retry"));
    await world.instance(async (connection) => {
      await connection.readHead();
      connection.reset();
    });
    const client = await world.client();
    client.send(requestText("GET /defect"));
    await client.ended();
    await vi.waitFor(() => expect(world.engine.connections).toBe(0));
  });
});
