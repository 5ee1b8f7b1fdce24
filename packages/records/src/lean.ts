// What workers and the dashboard need of this package, without the schemas: loading those takes longer than all the rest
// of a worker, which is to be back fast, and would be most of the page.
export { EXPIRES_SOON_MS } from "./api/certificate-expiry.ts";
export { formatAddress, parseAddress } from "./address.ts";
export { invalid, type Parsed, valid } from "./parsed.ts";
export { normalizePath } from "./path.ts";
