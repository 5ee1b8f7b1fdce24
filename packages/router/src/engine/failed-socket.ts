import { Socket } from "node:net";

import type { InstanceEntry } from "../table/instance-entry.ts";

/** What stands for a connection that cannot be made at all: a socket that fails with an error of this code. */
export function failedSocket(code: string, message: string): Socket {
  return new Socket().destroy(Object.assign(new Error(message), { code }));
}

/** For an instance whose protocol the engine does not speak: it is never spoken to in plain instead. */
export function refuseProtocol({ record: { protocol } }: InstanceEntry): Socket {
  return failedSocket("ERR_UNSPOKEN_PROTOCOL", `${protocol} is not spoken here`);
}
