// One question to an instance that speaks HTTP/2: `GET path`, or gRPC's own health check (grpc.health.v1).

import { type ClientHttp2Stream, type OutgoingHttpHeaders, connect } from "node:http2";
import { createConnection, isIP } from "node:net";
import { connect as connectTls } from "node:tls";

import { formatAddress } from "@wayleave/records";

/** Whom to ask. */
export interface Http2Question {
  readonly address: string;
  readonly port: number;
  readonly protocol: "h2c" | "h2";
  /** The authority to send; default: the address and port. */
  readonly host?: string;
}

/** What came of it. */
interface Answered {
  readonly status: number;
  readonly grpcStatus: string | undefined;
  readonly body: Buffer;
}

const MAX_BODY_BYTES = 1_024;
const SERVING = 1;

/** The status of `GET path`, once the answer is whole. Rejects when none comes before the signal. */
export async function getStatusOverHttp2(
  question: Http2Question,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  return (await ask(question, { ":path": path }, { signal })).status;
}

/**
 * Asks `grpc.health.v1.Health/Check` for a service; "": for the whole server. Gives undefined when it is serving, else
 * what it says instead. Rejects like {@link getStatusOverHttp2}.
 */
export async function checkGrpc(
  question: Http2Question,
  service: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const headers = {
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const { status, grpcStatus, body } = await ask(question, headers, { signal, body: checkMessage(service) });
  if (status !== 200) return `answered ${status}`;
  if (grpcStatus !== "0") return `answered grpc-status ${grpcStatus ?? "none"}`;
  const serving = servingStatus(body);
  return serving === SERVING ? undefined : `is not serving (status ${serving})`;
}

/** `HealthCheckRequest { service = 1 }` behind gRPC's five bytes of frame. */
function checkMessage(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** `HealthCheckResponse { status = 1 }`; 0, unknown, when it does not stand in it. */
function servingStatus(body: Buffer): number {
  return body[5] === 0x08 ? (body[6] ?? 0) : 0;
}

async function ask(
  question: Http2Question,
  headers: OutgoingHttpHeaders,
  { signal, body }: { readonly signal: AbortSignal; readonly body?: Buffer },
): Promise<Answered> {
  const { address: host, port, protocol } = question;
  // What is asked is one's own instance, and nothing secret is sent: that its certificate convinces is for routers to ask.
  const secure = {
    host,
    port,
    ALPNProtocols: ["h2"],
    rejectUnauthorized: false,
    ...serverName(question.host),
  };
  const session = connect("http://instance", {
    createConnection: () => (protocol === "h2" ? connectTls(secure) : createConnection({ host, port })),
  });
  try {
    const authority = question.host ?? formatAddress(host, port);
    const asked = { "user-agent": "wayleave-registrar", ":authority": authority, ...headers };
    const stream = session.request(asked, { endStream: body === undefined, signal });
    const { promise: failed, reject } = Promise.withResolvers<never>();
    session.on("error", reject);
    if (body !== undefined) stream.end(body);
    return await Promise.race([readAnswer(stream), failed]);
  } finally {
    session.destroy();
  }
}

/** An address is no server name (RFC 6066 section 3). */
function serverName(host = ""): { readonly servername?: string } {
  const servername = host.replace(/:\d+$/, "");
  return servername === "" || isIP(servername) !== 0 || host.startsWith("[") ? {} : { servername };
}

function readAnswer(stream: ClientHttp2Stream): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  let status = 0;
  let grpcStatus: string | undefined;
  let body = Buffer.alloc(0);
  const note = (fields: Readonly<Record<string, unknown>>): void => {
    const told = fields["grpc-status"];
    if (typeof told === "string") grpcStatus = told;
  };
  stream.on("response", (fields) => {
    status = fields[":status"] ?? 0;
    note(fields);
  });
  stream.on("trailers", note);
  stream.on("data", (chunk: Buffer) => {
    if (body.length < MAX_BODY_BYTES) body = Buffer.concat([body, chunk]);
  });
  stream.on("error", reject);
  stream.on("close", () => {
    if (status === 0 || stream.rstCode !== 0) reject(new Error("the answer was cut"));
    else resolve({ status, grpcStatus, body });
  });
  return promise;
}
