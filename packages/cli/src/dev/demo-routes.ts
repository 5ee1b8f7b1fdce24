import type { Keys } from "@wayleave/records";
import { type Revision, type Store, StoreError } from "@wayleave/store";

/** The routes of `wayleave dev`: what `curl localhost:8080/hello` needs, and a host of its own for each app. */
const DEMO_ROUTES = [
  { host: "localhost", path: "/hello", app: "hello" },
  { host: "localhost", path: "/whoami", app: "whoami" },
  { host: "127.0.0.1", path: "/hello", app: "hello" },
  { host: "127.0.0.1", path: "/whoami", app: "whoami" },
  { host: "hello.localhost", path: "/", app: "hello" },
  { host: "whoami.localhost", path: "/", app: "whoami" },
] as const;

/** The routes that were written, by key. */
export type WrittenRoutes = ReadonlyMap<string, Revision>;

/** Writes the demo routes whose places are free; somebody else's stay as they are. */
export async function writeDemoRoutes(store: Store, keys: Keys): Promise<WrittenRoutes> {
  const written = new Map<string, Revision>();
  for (const { host, path, app } of DEMO_ROUTES) {
    const key = keys.route(host, path);
    const value = JSON.stringify({ to: [{ app }], labels: { "made-by": "wayleave dev" } });
    try {
      written.set(key, await store.commit([{ put: key, value }], [{ key, is: "absent" }]));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "conflict") throw error;
    }
  }
  return written;
}

/** Removes the demo routes again, but for those that were changed since. */
export async function removeDemoRoutes(store: Store, written: WrittenRoutes): Promise<void> {
  for (const [key, modRevision] of written) {
    try {
      await store.commit([{ delete: key }], [{ key, modRevision }]);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "conflict") throw error;
    }
  }
}
