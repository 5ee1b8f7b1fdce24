import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { realEtcd, startEtcd } from "@wayleave/testkit";

/** An etcd for tests. */
export interface TestEtcd {
  readonly endpoints: readonly string[];
  close(): Promise<void>;
}

/** Both kinds of etcd, as far as they can be started here: for `describe.each`. */
export const ETCDS: readonly { readonly name: string; readonly start: () => Promise<TestEtcd> }[] = [
  { name: "the embedded etcd", start: startEmbedded },
  ...(realEtcd.isAvailable ? [{ name: "a real etcd", start: () => startEtcd() }] : []),
];

/** The embedded etcd as a {@link TestEtcd}. */
export async function startEmbedded(): Promise<TestEtcd> {
  const etcd = await startEmbeddedEtcd();
  return { endpoints: [etcd.endpoint], close: () => etcd.close() };
}
