import { type EtcdSource, findEtcdSource } from "./etcd-source.ts";

// The decision is made once for all test processes, and reaches them by their environment: that needs no test runner.
const VARIABLE = "WAYLEAVE_TEST_ETCD";

/** Decides where real etcds come from, for this process and for every process that it starts. */
export async function decideRealEtcd(): Promise<EtcdSource> {
  const source = await findEtcdSource();
  process.env[VARIABLE] = JSON.stringify(source);
  return source;
}

/** The decision; one is made here when nobody made it before. */
export async function etcdSource(): Promise<EtcdSource> {
  return decided() ?? (await decideRealEtcd());
}

/**
 * Whether a real etcd is there for tests, for `describe.skipIf(!realEtcd.isAvailable)`, and why not. While nobody has
 * decided, it counts as there.
 */
export const realEtcd: { readonly isAvailable: boolean; readonly why: string } = {
  get isAvailable() {
    return decided()?.kind !== "none";
  },
  get why() {
    const source = decided();
    return source?.kind === "none" ? source.why : "";
  },
};

function decided(): EtcdSource | undefined {
  const text = process.env[VARIABLE];
  if (text === undefined) return undefined;
  const source: EtcdSource = JSON.parse(text);
  return source;
}
