// A demo app: greets, and counts its requests.

import { serve } from "./serve.ts";

const name = process.env["WAYLEAVE_ID"] ?? "hello";
let requests = 0;

serve((_, response) => {
  requests += 1;
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`hello from ${name}, request ${requests}\n`);
});
