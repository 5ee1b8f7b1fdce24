// `node sink.ts PORT`: takes connections and what they send, and says nothing. Writes `ready` when it listens.

import { createServer } from "node:net";

const [port = 0] = process.argv.slice(2).map(Number);
const server = createServer((socket) => void socket.on("error", () => undefined).resume());
server.listen(port, "127.0.0.1", 4_096, () => process.stdout.write("ready\n"));
