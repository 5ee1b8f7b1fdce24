import { keysUnder, recordJsonSchemas } from "@wayleave/records";

import { fieldTable } from "./field-table.ts";
import { code, inline, page } from "./markdown.ts";

const EXAMPLE = `settings:
  timeouts: { answerHeadMs: 30000 }
  retries: { attempts: 2 }
  listener: { maxHeaders: 200 }`;

/** docs/reference/settings.md: the record that holds for all routes. */
export function settingsPage(): string {
  return page("Settings", [
    `One record, at ${inline(keysUnder().settings)}, holds for all routers and, where a route says nothing of its own, for ` +
      "all routes. It takes effect while routers run: for the next connection, head or exchange. What one router is " +
      "started with are the flags of [`wayleave router`](cli.md#wayleave-router).",
    "Change it with `wayleave settings set`, or with a table file and `wayleave apply -f`:",
    code(EXAMPLE, "yaml"),
    fieldTable(recordJsonSchemas().settings),
    "Milliseconds in every field that ends in `Ms`, bytes in every field that ends in `Bytes`. `none` is no limit.",
  ]);
}
