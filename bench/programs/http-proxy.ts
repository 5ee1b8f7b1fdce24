// `node http-proxy.ts PORT INSTANCE_PORT,INSTANCE_PORT`: http-proxy as its users have it.

import { randomUUID } from "node:crypto";
import { Agent, createServer } from "node:http";

import httpProxy from "http-proxy";

const [port = "0", instances = ""] = process.argv.slice(2);
const targets = instances.split(",").map((instance) => `http://127.0.0.1:${instance}`);
const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true }), xfwd: true });
proxy.on("error", (_error, _request, response) => void response.destroy());
let turn = 0;

createServer((request, response) => {
  request.headers["x-request-id"] = randomUUID();
  proxy.web(request, response, { target: targets[turn++ % targets.length] });
}).listen(Number(port), "127.0.0.1", 4096);
