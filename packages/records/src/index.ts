export { formatAddress, parseAddress, parseAddressAndPort } from "./address.ts";
export { type Certificate, type Sealed } from "./certificate.ts";
export { parseHost } from "./host.ts";
export { type Instance } from "./instance.ts";
export { DEFAULT_PREFIX, type Keys, keysUnder, type Place } from "./keys.ts";
export { parseName } from "./names.ts";
export {
  parseCertificate,
  parseInstance,
  parseReplica,
  parseRoute,
  parseSettings,
  parseTableRecord,
  recordJsonSchemas,
  type TableRecord,
} from "./parse-record.ts";
export { invalid, type Parsed, valid } from "./parsed.ts";
export { normalizePath, parsePathPrefix } from "./path.ts";
export type {
  Affinity,
  Balance,
  Destination,
  Ejection,
  InstanceTls,
  Limits,
  ListenerLimits,
  PolicyRecord,
  Retries,
  Timeouts,
} from "./policy.ts";
export { type Replica } from "./replica.ts";
export { type Route } from "./route.ts";
export { type Settings } from "./settings.ts";
