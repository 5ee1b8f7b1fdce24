// The dashboard: a few built files, read once. A request names one of them exactly or gets the page, which reads the
// rest of its address itself: no path of a request ever reaches the file system.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { pageFolder } from "@wayleave/dashboard";
import type { FastifyInstance } from "fastify";

import { sendProblem } from "./problem.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing inline, nothing from elsewhere, in nobody's frame. */
const SECURITY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

interface File {
  readonly type: string;
  readonly body: Buffer;
}

/** Whether a path is the dashboard's: it holds no secret, and a browser cannot give a token before it has the page. */
export function isDashboardPath(at: string): boolean {
  return at === "/" || at === "/dashboard" || at.startsWith("/dashboard/");
}

/** Adds `/dashboard/` and all below it, and leads `/` there. Where the page was not built, it says how. */
export function addDashboard(server: FastifyInstance, folder: URL = pageFolder): void {
  const files = readPage(fileURLToPath(folder));
  const page = files.get("index.html");
  server.get("/", (_, reply) => reply.redirect("/dashboard/"));
  server.get("/dashboard", (_, reply) => reply.redirect("/dashboard/"));
  server.get<{ Params: { "*": string } }>("/dashboard/*", ({ params }, reply) => {
    const asset = files.get(params["*"]);
    const isAsset = params["*"].startsWith("assets/");
    const file = isAsset ? asset : page;
    if (file === undefined) {
      const detail = isAsset
        ? `the dashboard has no ${params["*"]}; reload the page`
        : "the dashboard is not built: run `npm run build -w @wayleave/dashboard`, then start the router again";
      return sendProblem(reply, { status: 404, code: "not-found", detail });
    }
    // The name of an asset changes with what is in it.
    const caching = isAsset ? "private, max-age=31536000, immutable" : "no-cache";
    return reply.headers(SECURITY).header("cache-control", caching).type(file.type).send(file.body);
  });
}

function readPage(folder: string): ReadonlyMap<string, File> {
  try {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return new Map(names.map((entry) => readOne(folder, path.join(entry.parentPath, entry.name))));
  } catch (error) {
    if (isMissing(error)) return new Map();
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function readOne(folder: string, file: string): [name: string, file: File] {
  const type = TYPES[path.extname(file)] ?? "application/octet-stream";
  return [path.relative(folder, file).split(path.sep).join("/"), { type, body: readFileSync(file) }];
}
