// What the command needs of certificates, without the router around it.
export { CertificateIndex } from "../table/certificate-index.ts";
export type { TableCertificate } from "../table/table-change.ts";
export { tableCertificate } from "./check-certificate.ts";
export { type ChainFacts, inspectChain, keyMismatch } from "./inspect-chain.ts";
export { SealKeys } from "./seal-keys.ts";
export { viewCertificate } from "./view-certificate.ts";
