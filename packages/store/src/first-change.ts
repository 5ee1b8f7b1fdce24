import type { Connection } from "./connection.ts";
import type { Revision } from "./store.ts";
import { WatchStream } from "./watch-stream.ts";

/**
 * The first revision from `from` on that changed a key with this prefix, if an endpoint tells one within a time.
 * Costs etcd the revisions from there to now, not the size of the range. Rejects when it cannot be asked.
 */
export async function firstChange(
  connection: Connection,
  { prefix, from, timeoutMs }: { prefix: string; from: Revision; timeoutMs: number },
): Promise<Revision | undefined> {
  const first = Promise.withResolvers<Revision | undefined>();
  const timer = setTimeout(() => first.resolve(undefined), timeoutMs);
  const watch = await WatchStream.open(
    connection,
    { prefix, from, timeoutMs },
    { onAnswer: () => {}, onChange: ({ revision }) => first.resolve(revision) },
  );
  void watch.ended.then(() => first.resolve(undefined));
  try {
    return await first.promise;
  } finally {
    clearTimeout(timer);
    watch.close();
  }
}
