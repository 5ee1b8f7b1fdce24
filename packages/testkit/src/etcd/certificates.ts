import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a client needs to speak to an etcd over TLS: PEM, and where the files are for commands. */
export interface EtcdTls {
  readonly ca: Buffer;
  /** The client's own; only when etcd asks for one. */
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  readonly files: TlsFiles;
}

/** Where the PEM files are. */
export interface TlsFiles {
  readonly ca: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** The server's half. */
export interface ServerTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly asksForCertificate: boolean;
}

const NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
const EXTENSIONS = {
  // etcd's JSON gateway calls etcd with the server's certificate: it needs both uses.
  server:
    "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n",
  client: "extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n",
};

/**
 * Makes an authority and certificates for a server on loopback and, for `mutual`, a client, in a directory. Needs
 * the `openssl` command. They are valid for a day.
 */
export async function makeCertificates(
  directory: string,
  mode: "server" | "mutual",
): Promise<{ server: ServerTls; client: EtcdTls }> {
  const ca = join(directory, "ca.pem");
  await openssl(
    directory,
    `req -x509 ${NEW_KEY} -days 1 -subj /CN=wayleave-test-authority -keyout ca-key.pem -out ca.pem`,
  );
  const server = { ca, ...(await issue(directory, "server")), asksForCertificate: mode === "mutual" };
  if (mode === "server") return { server, client: { ca: await readFile(ca), files: { ca } } };
  const files = { ca, ...(await issue(directory, "client")) };
  const [caPem, certificate, key] = await Promise.all([
    readFile(ca),
    readFile(files.certificate),
    readFile(files.key),
  ]);
  return { server, client: { ca: caPem, certificate, key, files } };
}

async function issue(
  directory: string,
  role: "server" | "client",
): Promise<{ certificate: string; key: string }> {
  await writeFile(join(directory, `${role}.ext`), EXTENSIONS[role]);
  await openssl(
    directory,
    `req ${NEW_KEY} -subj /CN=wayleave-test-${role} -keyout ${role}-key.pem -out ${role}.csr`,
  );
  await openssl(
    directory,
    `x509 -req -in ${role}.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 1 -extfile ${role}.ext -out ${role}.pem`,
  );
  return { certificate: join(directory, `${role}.pem`), key: join(directory, `${role}-key.pem`) };
}

async function openssl(directory: string, args: string): Promise<void> {
  await run("openssl", args.split(" "), { cwd: directory, timeout: 20_000 });
}
