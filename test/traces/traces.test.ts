// Traces, from a request to what a collector of OpenTelemetry has of it.

import { writeFileSync } from "node:fs";
import { connect } from "node:http2";
import path from "node:path";
import { text } from "node:stream/consumers";

import {
  type DemoApp,
  type Echo,
  TestAuthority,
  eventually,
  freePort,
  startDemoApp,
  temporaryDirectory,
} from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { type RunningReplica, startStaticRouter } from "../cluster.ts";
import { type Collector, type ReceivedSpan, startCollector } from "./collector.ts";

const SERVER = 2;
const CLIENT = 3;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
/** Spans are sent at once, so that no test waits for a batch. */
const AT_ONCE = { OTEL_BSP_SCHEDULE_DELAY: "1" };

/** A table of one route, which holds for every host, to instances at these ports. */
function tableOf(...ports: number[]): string {
  const file = path.join(temporaryDirectory("traces"), "table.yaml");
  const instances = ports.map((port, at) => `  shop/${at + 1}: { address: 127.0.0.1, port: ${port} }`);
  const routes = 'routes:\n  "*/shop": { to: [{ app: shop }] }\n';
  writeFileSync(file, `${routes}instances:\n${instances.join("\n")}\n`);
  return file;
}

function get(
  router: RunningReplica,
  target: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${router.port}${target}`, { headers, signal: AbortSignal.timeout(10_000) });
}

/** What the app got of a field of the request; undefined when it was not there. */
async function echoed(response: Response, name: string): Promise<string | undefined> {
  const { rawHeaders } = (await response.json()) as Echo;
  const at = rawHeaders.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

async function received(collector: Collector, count: number): Promise<readonly ReceivedSpan[]> {
  await eventually(() => expect(collector.spans.length).toBeGreaterThanOrEqual(count));
  return collector.spans;
}

function only(spans: readonly ReceivedSpan[], kind: number): ReceivedSpan {
  const [span, ...others] = spans.filter((each) => each.kind === kind);
  if (span === undefined || others.length > 0)
    throw new Error(`${others.length + 1} spans: ${JSON.stringify(spans)}`);
  return span;
}

/** What the router says became of its spans. */
async function spanCounts({ admin }: RunningReplica): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  const counts = metrics.matchAll(/^wayleave_trace_spans_total\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...counts].map(([, outcome = "", count]) => [outcome, Number(count)]));
}

async function startTraced(
  table: string,
  { endpoint }: Pick<Collector, "endpoint">,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningReplica> {
  return await startStaticRouter(table, ["--traces", endpoint, "--id", "replica-1", ...flags], {
    ...AT_ONCE,
    ...env,
  });
}

describe.each([
  ["wire", ["--engine", "wire"]],
  ["http-proxy", ["--engine", "http-proxy"]],
  ["wire in two workers", ["--workers", "2"]],
])("traces of a router (%s)", (_, flags) => {
  it("continue the client's trace, and the instance continues theirs", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startTraced(tableOf(app.port), collector, flags);
    const from = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "vendor=1,other=2" };
    const response = await get(router, "/shop/echo?token=secret", from);
    const sent = await echoed(response.clone(), "traceparent");
    expect(await echoed(response, "tracestate")).toBe(from.tracestate);

    const spans = await received(collector, 2);
    const [server, client] = [only(spans, SERVER), only(spans, CLIENT)];
    expect([server.traceId, server.parentSpanId, server.traceState]).toEqual([
      TRACE,
      PARENT,
      from.tracestate,
    ]);
    expect([client.traceId, client.parentSpanId]).toEqual([TRACE, server.spanId]);
    expect(sent).toBe(`00-${TRACE}-${client.spanId}-01`);
    expect(BigInt(client.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(client.startTimeUnixNano));
    expect(JSON.stringify(spans)).not.toContain("secret");
    await eventually(async () => expect(await spanCounts(router)).toEqual({ exported: 2, dropped: 0 }));
  });
});

describe("traces over HTTP/2", () => {
  it("are one span a stream, with the version and the scheme, and continue the client's trace", async () => {
    const folder = temporaryDirectory("traces-tls");
    const { chain, key } = new TestAuthority().issue(["shop.example"]);
    writeFileSync(path.join(folder, "shop.pem"), chain + key);
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    const tls = ["--listen-tls", "127.0.0.1:0", "--certificates", folder];
    await using router = await startTraced(tableOf(app.port), collector, tls);
    const client = connect(`https://127.0.0.1:${router.tlsPort}`, {
      servername: "shop.example",
      rejectUnauthorized: false,
    });
    try {
      const head = { ":authority": "shop.example", traceparent: `00-${TRACE}-${PARENT}-01` };
      const streams = ["/shop/1", "/shop/2"].map((target) => client.request({ ...head, ":path": target }));
      await Promise.all(streams.map((stream) => text(stream)));
    } finally {
      client.destroy();
    }
    const spans = await received(collector, 4);
    const servers = spans.filter(({ kind }) => kind === SERVER);
    expect(servers.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      Array.from({ length: 2 }, () => [TRACE, PARENT]),
    );
    expect(new Set(servers.map(({ attributes }) => attributes["url.path"]))).toEqual(
      new Set(["/shop/1", "/shop/2"]),
    );
    for (const { attributes } of servers) {
      expect(attributes).toMatchObject({ "network.protocol.version": "2", "url.scheme": "https" });
    }
  });
});

describe("a router with --traces", () => {
  it("says by the semantic conventions what became of a request, and who says it", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startTraced(tableOf(app.port), collector, [], {
      OTEL_SERVICE_NAME: "edge",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20collector",
    });
    const response = await get(router, "/shop/status/503");
    expect(response.status).toBe(503);
    const spans = await received(collector, 2);
    const server = only(spans, SERVER);
    expect(server).toMatchObject({ name: "GET /shop", status: { code: 2 } });
    expect(server.attributes).toMatchObject({
      "http.request.method": "GET",
      "http.response.status_code": 503,
      "http.route": "/shop",
      "url.path": "/shop/status/503",
      "url.scheme": "http",
      "server.address": "127.0.0.1",
      "client.address": "127.0.0.1",
      "error.type": "503",
      "wayleave.route": "*/shop",
      "wayleave.app": "shop",
      "wayleave.instance": "1",
      "wayleave.request_id": response.headers.get("x-request-id"),
    });
    expect(only(spans, CLIENT).attributes).toMatchObject({
      "http.request.method": "GET",
      "http.response.status_code": 503,
      "server.address": "127.0.0.1",
      "server.port": app.port,
      "url.full": `http://127.0.0.1:${app.port}/shop/status/503`,
    });
    expect(server.resource).toMatchObject({
      "service.name": "edge",
      "service.instance.id": "replica-1",
      "deployment.environment.name": "test",
    });
    expect(collector.headers[0]?.["authorization"]).toBe("Bearer collector");
  });

  it("tells a retry as an event, and each attempt as a span of its own", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startTraced(tableOf(await freePort(), app.port), collector);
    // In turn: at the second request at the latest the one that refuses is asked first.
    const answers = [await get(router, "/shop/echo"), await get(router, "/shop/echo")];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const spans = await received(collector, 5);
    const retried = spans.filter(({ events }) => events.length > 0);
    expect(retried.map(({ events }) => events)).toEqual([
      [
        expect.objectContaining({
          name: "retry",
          attributes: { "error.type": "connect-refused", "wayleave.instance": "1" },
        }),
      ],
    ]);
    const attempts = spans.filter(({ parentSpanId }) => parentSpanId === retried[0]?.spanId);
    expect(
      attempts.map(({ attributes }) => [attributes["error.type"], attributes["wayleave.instance"]]),
    ).toEqual([
      ["connect-refused", "1"],
      [undefined, "2"],
    ]);
    expect(attempts[1]?.attributes["http.request.resend_count"]).toBe(1);
    const seen = await Promise.all(answers.map((answer) => echoed(answer, "traceparent")));
    expect(seen).toContain(`00-${attempts[1]?.traceId}-${attempts[1]?.spanId}-01`);
  });

  it("names the failure of what it answers itself", async () => {
    await using collector = await startCollector();
    await using router = await startTraced(tableOf(), collector);
    await get(router, "/nothing/here");
    const server = only(await received(collector, 1), SERVER);
    expect(server).toMatchObject({ name: "GET", status: {} });
    expect(server.attributes).toMatchObject({
      "error.type": "unknown-route",
      "http.response.status_code": 404,
    });
  });

  it("makes no span of a request that is not sampled, and tells the instance so", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startTraced(tableOf(app.port), collector);
    const unsampled = await get(router, "/shop/echo", { traceparent: `00-${TRACE}-${PARENT}-00` });
    expect(await echoed(unsampled, "traceparent")).toMatch(
      new RegExp(`^00-${TRACE}-(?!${PARENT})\\w{16}-00$`),
    );
    await get(router, "/shop/sampled");
    const spans = await received(collector, 2);
    expect(spans.map(({ attributes }) => attributes["url.path"])).not.toContain("/shop/echo");
  });

  it("samples as OTEL_TRACES_SAMPLER says, whatever the client wishes", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    const env = { OTEL_TRACES_SAMPLER: "always_off" };
    await using router = await startTraced(tableOf(app.port), collector, [], env);
    const response = await get(router, "/shop/echo", { traceparent: `00-${TRACE}-${PARENT}-01` });
    expect(await echoed(response, "traceparent")).toMatch(new RegExp(`^00-${TRACE}-\\w{16}-00$`));
    router.command.kill("SIGTERM");
    await router.command.exit;
    expect(collector.spans).toEqual([]);
  });

  it("begins a trace where the client's is malformed, and passes nothing on of it", async () => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startTraced(tableOf(app.port), collector);
    const response = await get(router, "/shop/echo", { traceparent: "00-no-trace-01", tracestate: "a=1" });
    expect(await echoed(response.clone(), "tracestate")).toBeUndefined();
    const server = only(await received(collector, 2), SERVER);
    expect(server.parentSpanId).toBeUndefined();
    expect(await echoed(response, "traceparent")).toContain(server.traceId);
  });

  it.each([
    ["one process", ["--workers", "0"]],
    ["workers", ["--workers", "1"]],
  ])("sends what waits before it ends (%s)", async (_, flags) => {
    await using collector = await startCollector();
    await using app = await startDemoApp({ name: "shop" });
    const env = { OTEL_BSP_SCHEDULE_DELAY: "600000" };
    await using router = await startTraced(tableOf(app.port), collector, flags, env);
    await get(router, "/shop/echo");
    expect(collector.spans).toEqual([]);
    router.command.kill("SIGTERM");
    expect(await router.command.exit).toMatchObject({ code: 0 });
    expect(collector.spans).toHaveLength(2);
  });

  it("serves on while the collector is away, counts what is lost, and says so once", async () => {
    await using app = await startDemoApp({ name: "shop" });
    const nobody = { endpoint: `http://127.0.0.1:${await freePort()}` };
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: "4", OTEL_EXPORTER_OTLP_TIMEOUT: "100" };
    await using router = await startTraced(tableOf(app.port), nobody, [], env);
    await ask20(router, app);
    await eventually(async () => expect(await spanCounts(router)).toEqual({ exported: 0, dropped: 40 }));
    expect(router.command.stdout().match(/"spans-dropped"/g)).toHaveLength(1);
    router.command.kill("SIGTERM");
    expect(await router.command.exit).toMatchObject({ code: 0 });
  });

  it.each([
    [["--traces", "collector"], {}, 'traces: "collector" is no address like http://collector:4318'],
    [
      ["--traces", "http://collector"],
      { OTEL_TRACES_SAMPLER: "some" },
      'OTEL_TRACES_SAMPLER: "some" is none of',
    ],
  ])("refuses %j with %j", async (flags, env, reason) => {
    await expect(startStaticRouter(tableOf(), flags, env)).rejects.toThrow(reason);
  });
});

describe("a router without --traces", () => {
  it("takes the standard variables for the wish to trace", async () => {
    await using collector = await startCollector();
    await using router = await startStaticRouter(tableOf(), [], {
      ...AT_ONCE,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    });
    await get(router, "/nothing/here");
    expect(await received(collector, 1)).toHaveLength(1);
  });

  it("passes on what comes, and makes nothing", async () => {
    await using app = await startDemoApp({ name: "shop" });
    await using router = await startStaticRouter(tableOf(app.port));
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    expect(await echoed(await get(router, "/shop/echo", { traceparent }), "traceparent")).toBe(traceparent);
    expect(await echoed(await get(router, "/shop/echo"), "traceparent")).toBeUndefined();
  });
});

async function ask20(router: RunningReplica, app: DemoApp): Promise<void> {
  for (let count = 0; count < 20; count += 1) expect((await get(router, "/shop/")).status).toBe(200);
  expect(app.requests).toBe(20);
}
