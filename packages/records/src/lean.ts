// What the request path needs of this package, without the schemas: loading those takes longer than all the rest of a
// worker, which is to be back fast.
export { formatAddress, parseAddress } from "./address.ts";
export { invalid, type Parsed, valid } from "./parsed.ts";
export { normalizePath } from "./path.ts";
