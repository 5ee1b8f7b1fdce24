// A demo app: shows the request as it arrives behind the router.

import { serve } from "./serve.ts";

const name = process.env["WAYLEAVE_ID"] ?? "whoami";

serve((request, response) => {
  const lines = [`Name: ${name}`, `RemoteAddr: ${request.socket.remoteAddress}:${request.socket.remotePort}`];
  lines.push(`${request.method} ${request.url} HTTP/${request.httpVersion}`);
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
  }
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`${lines.join("\n")}\n`);
});
