// What many certificates cost: to read 1,000 records at the start, and a handshake of any of their hosts beside one of a
// table with a single certificate. `node bench/certificates.ts [--certificates N] [--handshakes N]`.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { parseArgs } from "node:util";

import { TestAuthority } from "@wayleave/testkit";

import { certificateCheck } from "../packages/router/src/certificates/check-certificate.ts";
import { sealKeysOf } from "../packages/router/src/certificates/seal-keys.ts";
import { SecureContexts } from "../packages/router/src/certificates/secure-contexts.ts";
import { World } from "../packages/router/src/engine/conformance/world.ts";
import { createWireEngine } from "../packages/router/src/engine/wire/wire-engine.ts";
import { CertificateIndex } from "../packages/router/src/table/certificate-index.ts";

const { values } = parseArgs({
  options: {
    certificates: { type: "string", default: "1000" },
    handshakes: { type: "string", default: "2000" },
  },
});
const authority = new TestAuthority();
const sealKeys = sealKeysOf({ sealKeys: randomBytes(32).toString("base64") });
const check = certificateCheck({ sealKeys, mayBePlain: false });

async function startWorld(certificates: CertificateIndex) {
  const settings = { sealKeys, ticketSecret: randomBytes(32), now: Date.now, onUnusable: () => undefined };
  const contexts = new SecureContexts({ certificates, ...settings });
  const world = await World.start((engine) => createWireEngine({ ...engine, tls: { contexts } }));
  const { port } = await world.engine.listenTls({ host: "127.0.0.1", port: 0 });
  return { world, port };
}

/** Milliseconds to read that many records, and the table of them. */
function read(count: number): { readonly ms: number; readonly certificates: CertificateIndex } {
  const records = Array.from({ length: count }, (_, index) => {
    const { chain, key } = authority.issue([`host-${index}.example`]);
    return { name: `c${index}`, record: { chain, key: sealKeys.seal(`c${index}`, key) } };
  });
  const certificates = new CertificateIndex();
  const from = performance.now();
  for (const { name, record } of records) {
    const checked = check(name, record);
    if (checked.ok) certificates.set(name, checked.value);
  }
  return { ms: performance.now() - from, certificates };
}

/** The median of handshakes with random hosts of the table, in milliseconds; the first with each host builds its context. */
async function handshakes(port: number, hosts: number): Promise<number> {
  const each: number[] = [];
  for (let count = 0; count < Number(values.handshakes); count++) {
    const servername = `host-${Math.floor(Math.random() * hosts)}.example`;
    const from = performance.now();
    const socket = connect({ host: "127.0.0.1", port, servername, ca: authority.certificate });
    await once(socket, "secureConnect");
    each.push(performance.now() - from);
    const closed = once(socket, "close");
    socket.destroy();
    await closed;
  }
  return each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? Number.NaN;
}

const many = read(Number(values.certificates));
const [one, all] = [await startWorld(read(1).certificates), await startWorld(many.certificates)];
await handshakes(one.port, 1);
const single = await handshakes(one.port, 1);
await handshakes(all.port, many.certificates.size);
const any = await handshakes(all.port, many.certificates.size);
process.stdout.write(`${many.certificates.size} sealed records read in ${many.ms.toFixed(0)} ms\n`);
process.stdout.write(
  `handshake of one: ${single.toFixed(2)} ms; of any: ${any.toFixed(2)} ms (${(any / single).toFixed(2)} x)\n`,
);
await one.world[Symbol.asyncDispose]();
await all.world[Symbol.asyncDispose]();
