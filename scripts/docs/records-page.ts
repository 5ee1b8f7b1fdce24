import { DEFAULT_PREFIX, keysUnder, recordJsonSchemas } from "@wayleave/records";

import { fieldTable } from "./field-table.ts";
import { inline, page, table } from "./markdown.ts";

/** docs/reference/records.md: the keys, and the fields of each record but the settings. */
export function recordsPage(): string {
  const { route, instance, certificate, replica } = recordJsonSchemas();
  const keys = keysUnder();
  return page("Records", [
    `Records are JSON at keys of etcd, under a prefix (\`--prefix\`, ${inline(DEFAULT_PREFIX)} when not said). ` +
      "Unknown fields are kept and ignored. A bad record changes nothing: the last good value of its key stays in " +
      "force, and `wayleave status` and `/api/rejected` say why.",
    table(
      ["key", "record"],
      [
        [inline(keys.settings), "[settings](settings.md)"],
        [inline(`${keys.routes}<host>/<path>`), "[route](#route)"],
        [inline(keys.instance("<app>", "<id>")), "[instance](#instance)"],
        [inline(keys.certificate("<name>")), "[certificate](#certificate)"],
        [inline(keys.replica("<id>")), "[replica](#replica), under the router's lease"],
      ],
    ),
    `Routers watch all of ${inline(keys.table)}, and apply every revision of it as one change.`,
    "## Route",
    "The host and the path are in the key; see [routes](../routes.md). What a route does not say, the " +
      "[settings](settings.md) say for all routes; the default is what holds when neither does.",
    fieldTable(route),
    "## Instance",
    "The app and the id are in the key, each a name: 1 to 128 letters, digits, `.`, `_` or `-`, with a letter or digit " +
      "at both ends. See [registering an app](../register.md).",
    fieldTable(instance),
    "## Certificate",
    "The name is in the key, and is for people. See [TLS](../tls.md). A router refuses a record whose key is not that " +
      "of the certificate, or whose chain is not in order.",
    fieldTable(certificate),
    "## Replica",
    "Written by the router itself. `--wait` and leaving instances look here to know when every router has a change.",
    fieldTable(replica),
  ]);
}
