import { decideRealEtcd } from "@wayleave/testkit";

/** Decides once, before any test, where real etcds come from; where there is none, says so, and on CI fails the run. */
export default async function setup(): Promise<void> {
  const source = await decideRealEtcd();
  if (source.kind !== "none") return;
  if (process.env["CI"] === "true") throw new Error(`there is no real etcd to test against: ${source.why}`);
  console.warn(`Tests against a real etcd are skipped: ${source.why}.`);
}
