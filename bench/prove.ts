// Before a contender is timed: that it does the work, and all of it.

import { createHash } from "node:crypto";
import { Agent, type IncomingHttpHeaders, createServer } from "node:http";
import { buffer } from "node:stream/consumers";

import { type Answer, ask } from "./ask.ts";
import { type Contender, HOST, type Setup, startContender } from "./contenders/contender.ts";

/** What an instance of the proof saw of a request; it answers with it. */
interface Seen {
  readonly instance: number;
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodyHash: string;
  /** Connections that this instance has had so far. */
  readonly connections: number;
}

const TARGET = "/a/b/%7Ec?x=%20&y";
const LARGE = Buffer.alloc(100_000, "0123456789");
const UPLOAD = Buffer.alloc(1_000_000, "abcdefg");
const REQUESTS = 24;
const FORWARDED = ["x-forwarded-for", "x-forwarded-proto", "x-request-id"] as const;

/** Starts a contender before two instances that look closely; throws, saying what, unless it does everything right. */
export async function proveContender(contender: Contender, setup: Omit<Setup, "instances">): Promise<void> {
  await using first = await startProofInstance(0);
  await using second = await startProofInstance(1);
  await using proxy = await startContender(contender, { ...setup, instances: [first.port, second.port] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const to = { port: proxy.port, host: HOST, agent };
    await proveForwarding(contender, (at) => ask({ ...to, path: TARGET, headers: { "x-kept": String(at) } }));
    const large = await ask({ ...to, path: "/large" });
    expect("a 100 KB answer", hashOf(large.body), hashOf(LARGE));
    const upload = seenBy(await ask({ ...to, body: UPLOAD }));
    expect("a 1 MB upload", [upload.method, upload.bodyHash], ["POST", hashOf(UPLOAD)]);
    expect(
      "an unknown path is the instance's to answer",
      (await ask({ ...to, path: "/teapot" })).status,
      418,
    );
  } finally {
    agent.destroy();
  }
}

async function proveForwarding(contender: Contender, send: (at: number) => Promise<Answer>): Promise<void> {
  const all: Seen[] = [];
  for (let at = 0; at < REQUESTS; at += 1) {
    const seen = seenBy(await send(at));
    expect(
      "target, host and header",
      [seen.target, seen.headers.host, seen.headers["x-kept"]],
      [TARGET, HOST, String(at)],
    );
    all.push(seen);
  }
  if (contender.isReference === true) return;
  const [last] = all.slice(-1);
  for (const name of FORWARDED) expect(`has ${name}`, last?.headers[name] !== undefined, true);
  expect("the client's address", last?.headers["x-forwarded-for"], "127.0.0.1");
  const served = [0, 1].map((instance) => all.filter((seen) => seen.instance === instance).length);
  expect("both instances serve alike", served, [REQUESTS / 2, REQUESTS / 2]);
  // Two or three while it was seen to answer, and then kept.
  const most = Math.max(...all.map(({ connections }) => connections));
  expect(`connections are kept (${most} made)`, most < REQUESTS / 4, true);
}

function seenBy(answer: Answer): Seen {
  if (answer.status !== 200)
    throw new Error(`answers ${answer.status}: ${answer.body.toString().slice(0, 200)}`);
  return JSON.parse(answer.body.toString());
}

function expect(what: string, is: unknown, shouldBe: unknown): void {
  const [one, other] = [JSON.stringify(is), JSON.stringify(shouldBe)];
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function startProofInstance(instance: number): Promise<AsyncDisposable & { readonly port: number }> {
  let connections = 0;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { method = "", url = "", headers } = request;
      if (url === "/large") return response.end(LARGE);
      response.statusCode = url === "/teapot" ? 418 : 200;
      const seen: Seen = { instance, method, target: url, headers, bodyHash: hashOf(body), connections };
      return response.end(JSON.stringify(seen));
    });
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
