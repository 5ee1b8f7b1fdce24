import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const PROGRAM = `
  import { registerHooks } from "node:module";
  const seen = [];
  registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
  await import(${JSON.stringify(new URL("worker-main.ts", import.meta.url).href)});
  console.log(JSON.stringify(seen));
  process.exit();`;

describe("the program of a worker", () => {
  it("loads nothing that is slow to load and not its own: schemas, the store, the admin listener", async () => {
    const args = ["--input-type=module", "-e", PROGRAM];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    const seen: string[] = JSON.parse(stdout);
    expect(seen.some((url) => url.endsWith("/data-plane.ts"))).toBe(true);
    expect(
      seen.filter((url) =>
        /\/zod\/|\/@opentelemetry\/|\/store\/|\/fastify\/|\/control\/|@prometheus/.test(url),
      ),
    ).toEqual([]);
  });
});
