// `node attacked-app.ts PORT`: the app that attackers ask for. It reads whole bodies before it answers, and has half a megabyte to give at
// paths that end in `/large`.

import { createServer } from "node:http";

const [port = "0"] = process.argv.slice(2);
const large = Buffer.alloc(512 * 1024, "x");
const server = createServer((request, response) => {
  request.resume().on("end", () => response.end(request.url?.endsWith("/large") === true ? large : "hello"));
  request.on("error", () => undefined);
});
server.requestTimeout = 0;
server.listen(Number(port), "127.0.0.1", 4096);
