import type { PolicyRecord } from "@wayleave/records";

import { count } from "../output/count.ts";
import type { ReadTable } from "../reading/read-table.ts";
import { type Check, named, ok, warn } from "./check.ts";

/** Judges what routes say of instances that speak TLS; nothing, when none does and none is said. Pure. */
export function examineInstanceTls(table: ReadTable): Check[] {
  const { settings, routes, instances, certificates } = table;
  const records: readonly (PolicyRecord | undefined)[] = [
    settings?.parsed.settings,
    ...routes.map(({ parsed }) => parsed.route),
  ];
  const policies = records.map((record) => record?.instanceTls).filter((policy) => policy !== undefined);
  const secure = instances.filter(({ parsed: { instance } }) => /^(?:https|h2)$/.test(instance.protocol));
  if (policies.length + secure.length === 0) return [];
  const known = new Set(certificates.map(({ parsed }) => parsed.name));
  const shown = new Set(policies.map(({ clientCertificate }) => clientCertificate));
  const missing = [...shown].filter((name) => name !== undefined && !known.has(name));
  const says = `${count(secure.length, "instance")} ${secure.length === 1 ? "speaks" : "speak"} TLS`;
  const finding =
    missing.length === 0
      ? ok(says)
      : warn(
          `${says}; clientCertificate names what is not in etcd: ${missing.join(", ")}`,
          "wayleave certificates set NAME --chain FILE --key FILE --no-names, unless routers have it from a file",
        );
  return [named("instance-tls", "", finding)];
}
