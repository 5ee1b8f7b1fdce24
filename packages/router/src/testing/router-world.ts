// For tests of whole routers in this process.

import { keysUnder } from "@wayleave/records";
import { ask } from "@wayleave/testkit";
import { expect } from "vitest";

import type { RouterSettings } from "../router-settings.ts";
import { type Router, startRouter } from "../router.ts";

export const keys = keysUnder();
export const ANY_PORT = { host: "127.0.0.1", port: 0 };

/** Asks the admin listener for JSON. */
export async function admin(
  router: Pick<Router, "adminPort">,
  path: string,
): Promise<{ status: number; json: unknown }> {
  const { status, body } = await ask(router.adminPort, "localhost", path);
  return { status, json: JSON.parse(body) };
}

/** Starts a router on free loopback ports. */
export function start(store: RouterSettings["store"], more: Partial<RouterSettings> = {}): Promise<Router> {
  return startRouter({ store, listen: ANY_PORT, admin: ANY_PORT, ...more });
}

/** The JSON of a route record to one app. */
export const route = (app: string): string => JSON.stringify({ to: [{ app }] });
/** The JSON of an instance record on 127.0.0.1. */
export const instance = (port: number, more: object = {}): string =>
  JSON.stringify({ address: "127.0.0.1", port, ...more });

/** Waits until a revision is in force. */
export async function applied(router: Router, revision: number): Promise<void> {
  const { status } = await admin(router, `/api/wait?revision=${revision}&timeoutMs=10000`);
  expect(status).toBe(200);
}
