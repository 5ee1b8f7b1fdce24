import { eventKindSchema } from "@wayleave/records/api";
import { describeAdmin } from "@wayleave/router";
import * as z from "zod";

import { code, inline, page, table } from "./markdown.ts";

const operationSchema = z.object({
  summary: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), in: z.string(), required: z.boolean(), description: z.string().optional() }),
  ),
  responses: z.record(z.string(), z.unknown()),
});
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });

type Operation = z.infer<typeof operationSchema>;

/** docs/reference/api.md: everything that the admin listener answers. */
export async function apiPage(): Promise<string> {
  const { openApi } = await describeAdmin();
  const { paths } = documentSchema.parse(openApi);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  return page("Admin API", [
    "What a router's admin listener answers (`--admin`, `127.0.0.1:9080` when not said). The schemas of all of it are at " +
      "`/api/openapi.json` (OpenAPI 3.1), made from the code that checks and answers. Who is let in: " +
      "[security](../security.md#operators).",
    "Refusals are `application/problem+json` (RFC 9457) with a stable `code`; a wrong body has an `errors` list with a JSON " +
      "pointer to each wrong field. What is not declared here, an unknown `?option` too, is refused.",
    table(
      ["endpoint", "what", "options"],
      operations.map(({ name, operation }) => [inline(name), operation.summary, optionsOf(operation)]),
    ),
    "## Writing",
    "A write says what it is based on: `If-Match` with the record's revision in quotes, or `If-None-Match: *` for a new one. " +
      "When somebody else was faster, the answer is 412 with the record as it is `current`ly; without either field it is 428. " +
      "`?dryRun=true` answers what would change and which requests that affects. `?wait=true` answers when every replica has " +
      "applied it. Every write, and every refused one, is the log line `admin-write` and an event: who (the name of the token, " +
      "the peer's address, and `X-Wayleave-Actor`, their own word), what, before and after.",
    code(
      [
        "curl -i 'localhost:9080/api/route?host=shop.example.com'          # the ETag is the revision",
        "curl -X PUT 'localhost:9080/api/route?host=shop.example.com&wait=true' -H 'If-Match: \"42\"' \\",
        `  -H 'Content-Type: application/json' -d '{"to":[{"app":"shop","version":"v2"}]}'`,
      ].join("\n"),
      "sh",
    ),
    "A drained instance stays so until its registrar writes its record anew, which it does when its lease is lost. An evicted " +
      "one is drained and its record deleted; a registrar that still runs does not notice, and puts the record back when " +
      "it loses its lease, when its health check passes anew, or when it starts again. To keep an instance out, stop it.",
    "## The stream",
    "`/api/stream` sends server-sent events, each with one JSON object in `data` and no `event` name: first `begin`, what the " +
      "topics hold, and `end`; then changes, rows at most four times a second and figures once a second. `Last-Event-ID` goes " +
      "on where a reader was cut, as long as the router remembers (the last 2,000 messages); else it begins anew. A comment " +
      "comes every 5 seconds. A reader that is too slow is cut. `?topics=status,events` asks for less.",
    `Kinds of events: ${eventKindSchema.options.map(inline).join(", ")}.`,
    "`/api/tap` samples requests while somebody looks, of all workers; without a query string, and without headers.",
  ]);
}

function optionsOf({ parameters }: Operation): string {
  return parameters
    .filter((parameter) => parameter.in === "query")
    .map(({ name, required }) => inline(required ? name : `${name}?`))
    .join(", ");
}
