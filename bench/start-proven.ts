import { temporaryDirectory } from "@wayleave/testkit";

import type { Run } from "./case.ts";
import { type RunningProxy, type Setup, startContender } from "./contenders/contender.ts";

/** The contenders that run, in the order of their list, and why the others do not. */
export interface Proven {
  readonly proxies: readonly RunningProxy[];
  readonly refused: Readonly<Record<string, string>>;
}

/** Starts every contender that proves to do the work; with an access log those that have one. */
export async function startProven(run: Run, setup: Omit<Setup, "folder">): Promise<Proven> {
  const candidates = [...run.contenders.keys()].filter((each) => each.hasAccessLog || !setup.accessLog);
  const refused: Record<string, string> = {};
  const started = await Promise.all(
    candidates.map(async (contender) => {
      const why = await run.prove(contender, setup.accessLog);
      if (why === undefined)
        return startContender(contender, { ...setup, folder: temporaryDirectory("proxy") });
      refused[contender.name] = why;
      return undefined;
    }),
  );
  return { proxies: started.filter((proxy) => proxy !== undefined), refused };
}
