import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { type FastifyInstance, fastify } from "fastify";
import { afterAll, describe, expect, it } from "vitest";

import { addDashboard, isDashboardPath } from "./dashboard-files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "wayleave-page-"));
mkdirSync(path.join(folder, "assets"));
writeFileSync(path.join(folder, "index.html"), "<!doctype html>");
writeFileSync(path.join(folder, "assets", "index-1a2b.js"), "export {};");
afterAll(() => rmSync(folder, { recursive: true }));

function serving(page: string): FastifyInstance {
  const server = fastify();
  addDashboard(server, pathToFileURL(`${page}/`));
  return server;
}

describe("the dashboard's files", () => {
  it("are kept by browsers for ever, since their names change with what is in them", async () => {
    const answer = await serving(folder).inject("/dashboard/assets/index-1a2b.js");
    expect(answer.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "private, max-age=31536000, immutable",
    });
    expect(answer.body).toBe("export {};");
  });

  it.each([
    "/dashboard/",
    "/dashboard/routes?filter=x",
    "/dashboard/no/such/view",
    "/dashboard/..%2f..%2fetc/passwd",
  ])("give the page at %s, asked for anew each time", async (url) => {
    const answer = await serving(folder).inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-cache");
    expect(answer.body).toBe("<!doctype html>");
  });

  it("let the page run nothing inline and nothing from elsewhere, in nobody's frame", async () => {
    const { headers } = await serving(folder).inject("/dashboard/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it.each(["/dashboard/assets/other.js", "/dashboard/assets/", "/dashboard/assets/index.html"])(
    "have none that was not built: %s",
    async (url) => {
      const answer = await serving(folder).inject(url);
      expect([answer.statusCode, answer.json().detail]).toEqual([
        404,
        expect.stringContaining("reload the page"),
      ]);
    },
  );

  it("lead from the root to the page", async () => {
    const { statusCode, headers } = await serving(folder).inject("/");
    expect([statusCode, headers.location]).toEqual([302, "/dashboard/"]);
  });

  it("say how to build them where they were not", async () => {
    const answer = await serving(path.join(folder, "nowhere")).inject("/dashboard/");
    expect(answer.statusCode).toBe(404);
    expect(answer.json().detail).toContain("npm run build -w @wayleave/dashboard");
  });

  it("are all below one path", () => {
    expect(["/", "/dashboard", "/dashboard/routes"].filter((at) => !isDashboardPath(at))).toEqual([]);
    expect(["/api/routes", "/dashboards", "/metrics", ""].filter(isDashboardPath)).toEqual([]);
  });
});
