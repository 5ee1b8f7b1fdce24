// Instances of several apps in one process, so that what registers them can be killed without them. Each answers the
// name of its app and its own. APPS: `{"blue":6,"green":6}`. Its first line is their ports: `{"blue":[...],"green":[...]}`.
// It ends with its parent, so that a test that is stopped leaves nothing behind.

import { once } from "node:events";
import { createServer } from "node:http";

async function startInstance(name: string): Promise<number> {
  const server = createServer((_request, response) => response.end(name));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

const apps: Record<string, number> = JSON.parse(process.env["APPS"] ?? "{}");
const ports: Record<string, number[]> = {};
for (const [app, count] of Object.entries(apps)) {
  const names = Array.from({ length: count }, (_, index) => `${app} ${index}`);
  ports[app] = await Promise.all(names.map(startInstance));
}
console.log(JSON.stringify(ports));

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1_000);
