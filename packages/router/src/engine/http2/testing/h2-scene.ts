import type { ClientHttp2Session } from "node:http2";

import { createSecureWireEngine } from "../../conformance/secure-wire-engine.ts";
import { World, type WorldOptions } from "../../conformance/world.ts";
import { connectH2 } from "./h2-client.ts";

/** A world, and a client that speaks HTTP/2 to it. */
export interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly client: ClientHttp2Session;
}

/** Starts one; see {@link World}. */
export async function startScene(options: WorldOptions = {}): Promise<Scene> {
  const world = await World.start(createSecureWireEngine, options);
  const client = await connectH2(world.port, createSecureWireEngine.authority);
  return {
    world,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await world[Symbol.asyncDispose]();
    },
  };
}
