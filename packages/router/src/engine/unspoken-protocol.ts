import { Socket } from "node:net";

import type { InstanceEntry } from "../table/instance-entry.ts";

/**
 * What an engine connects to in the place of an instance whose protocol it does not speak: a socket that fails at
 * once, so that the exchange goes elsewhere. Never to be spoken to in plain instead.
 */
export function refuseProtocol({ record: { protocol } }: InstanceEntry): Socket {
  const error = new Error(`${protocol} is not spoken here`);
  return new Socket().destroy(Object.assign(error, { code: "ERR_UNSPOKEN_PROTOCOL" }));
}
