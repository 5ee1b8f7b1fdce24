// The app and the proxies of bench/engine.ts, each a process of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";

/** A proxy in front of the app. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** CPU time so far, user and system, in ticks of 10 ms. */
  cpuTicks(): Promise<number>;
}

/** All that runs. */
export interface Contenders extends AsyncDisposable {
  readonly all: readonly Contender[];
}

/** An app that speaks TLS: a file with its certificate and key, one with its authority, and the name that it is for. */
export interface SecureApp {
  readonly pem: string;
  readonly ca: string;
  readonly name: string;
}

const ANSWER = `${"hello ".repeat(21)}bye\\n`;

const nginxConfig = (folder: string, body: string): string => `
  worker_processes 1; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
  events { worker_connections 24000; }
  http {
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
    uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
    ${body}
  }`;

/** What the app speaks: HTTP/1.1 in clear text, over TLS, or HTTP/2 in clear text. */
interface AppSpeaks {
  readonly secure?: SecureApp | undefined;
  readonly isHttp2?: boolean;
}

const appConfig = (port: number, { secure, isHttp2 }: AppSpeaks): string =>
  `server {
    listen 127.0.0.1:${port}${secure === undefined ? "" : " ssl"}${isHttp2 === true ? " http2" : ""};${secure === undefined ? "" : nginxTls(secure.pem)}
    location / { default_type text/plain; return 200 "${ANSWER}"; }
  }`;

const nginxTls = (pem: string): string => `
    ssl_certificate ${pem}; ssl_certificate_key ${pem}; ssl_protocols TLSv1.2 TLSv1.3;`;

const nginxProof = ({ ca, name }: SecureApp): string => `
      proxy_ssl_verify on; proxy_ssl_trusted_certificate ${ca}; proxy_ssl_name ${name}; proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.2 TLSv1.3;`;

/** With `pem`, a file with a certificate and its key, clients come over TLS. */
const proxyConfig = (
  port: number,
  appPort: number,
  { pem, secure, isHttp2 }: AppSpeaks & { readonly pem: string | undefined },
): string =>
  isHttp2 === true
    ? grpcProxyConfig(port, appPort, pem)
    : `
  upstream app { server 127.0.0.1:${appPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port}${pem === undefined ? "" : " ssl"};${pem === undefined ? "" : nginxTls(pem)}
    location / {
      proxy_pass http${secure === undefined ? "" : "s"}://app; ${secure === undefined ? "" : nginxProof(secure)}
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Request-Id $request_id;
    }
  }`;

/** The same to an app of HTTP/2: nginx has another module for that. */
const grpcProxyConfig = (port: number, appPort: number, pem = ""): string => `
  upstream app { server 127.0.0.1:${appPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} ssl http2;${nginxTls(pem)}
    location / {
      grpc_pass grpc://app; grpc_set_header Host $host; grpc_set_header X-Forwarded-For $remote_addr;
      grpc_set_header X-Request-Id $request_id;
    }
  }`;

const haproxyProof = ({ ca, name }: SecureApp): string =>
  ` ssl verify required ca-file ${ca} verifyhost ${name} sni str(${name})`;

const haproxyConfig = (
  port: number,
  appPort: number,
  { pem, secure, isHttp2 }: AppSpeaks & { readonly pem: string | undefined },
): string => `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 2s
  option forwardfor
  http-reuse always
  unique-id-format %{+X}o%ci%cp%Ts%rt
  unique-id-header X-Request-Id
frontend clients
  bind 127.0.0.1:${port}${pem === undefined ? "" : ` ssl crt ${pem}${isHttp2 === true ? " alpn h2" : ""}`}
  default_backend app
backend app
  server one 127.0.0.1:${appPort}${secure === undefined ? "" : haproxyProof(secure)}${isHttp2 === true ? " proto h2" : ""}
`;

/**
 * Starts the app and the proxies, or those that are named; with `pem`, a file with a certificate and its key, they take
 * their clients over TLS; with `secure` the app is spoken to over TLS, and has to prove its name; with `isHttp2` all
 * speak HTTP/2, the app in clear text, and clients need `pem`.
 */
export async function startContenders(
  only: readonly string[] | undefined,
  { pem, secure, isHttp2 = false }: AppSpeaks & { readonly pem?: string } = {},
): Promise<Contenders> {
  const folder = await mkdtemp(path.join(tmpdir(), "wayleave-bench-"));
  const children: ChildProcess[] = [];
  const run = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    await rm(folder, { recursive: true, force: true });
  };

  const startNginx = async (name: string, config: (port: number) => string) => {
    const port = await freePort();
    await writeFile(`${folder}/${name}`, nginxConfig(folder, config(port)));
    return contender(
      name,
      run(findCommand("nginx") ?? "nginx", ["-p", folder, "-c", `${folder}/${name}`]),
      port,
    );
  };
  const app = await startNginx("app", (port) => appConfig(port, { secure, isHttp2 }));
  const settings = JSON.stringify(await settingsFor(secure));
  const startNode = async (name: string, kind: string) => {
    const script = path.join(import.meta.dirname, "engine-proxy.ts");
    const child = run(process.execPath, [
      script,
      kind,
      String(app.port),
      settings,
      ...(pem === undefined ? [] : [pem, isHttp2 ? "h2c" : ""]),
    ]);
    return contender(name, child, await firstLine(child));
  };
  const startHaproxy = async () => {
    const port = await freePort();
    await writeFile(`${folder}/haproxy`, haproxyConfig(port, app.port, { pem, secure, isHttp2 }));
    return contender(
      "haproxy",
      run(findCommand("haproxy") ?? "haproxy", ["-db", "-f", `${folder}/haproxy`]),
      port,
    );
  };

  const starts: Record<string, () => Promise<Contender>> = {
    wire: () => startNode("wire", "wire"),
    nginx: () => startNginx("nginx", (port) => proxyConfig(port, app.port, { pem, secure, isHttp2 })),
    haproxy: startHaproxy,
    "http-proxy": () => startNode("http-proxy", "bare"),
    engine: () => startNode("engine", "engine"),
  };
  const all: Contender[] = [];
  for (const [name, start] of Object.entries(starts)) {
    const isInstalled = name !== "haproxy" || findCommand("haproxy") !== undefined;
    if (isInstalled && (only === undefined || only.includes(name))) all.push(await start());
  }
  return { all, [Symbol.asyncDispose]: stop };
}

/** What our own engines ask of the app. */
async function settingsFor(secure: SecureApp | undefined): Promise<object> {
  if (secure === undefined) return {};
  return { instanceTls: { ca: await readFile(secure.ca, "utf8"), servername: secure.name } };
}

async function contender(name: string, child: ChildProcess, port: number): Promise<Contender> {
  for (let attempt = 0; attempt < 200 && !(await isListening(port)); attempt++) await delay(50);
  const cpuTicks = async (): Promise<number> => {
    const fields = (await readFile(`/proc/${child.pid}/stat`, "latin1")).split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  return { name, port, pid: child.pid ?? 0, cpuTicks };
}

function firstLine(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (text: Buffer) => resolve(Number(text.toString())));
    child.once("exit", () => reject(new Error("the proxy did not start")));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
