import * as z from "zod";

import { isNamed, parseHost } from "./host.ts";

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const KEY_ID = /^[0-9a-f]{8}$/;
// Reasons must not show what they refuse: it may be a private key.
const CERTIFICATE_RULE = "not certificates in PEM: -----BEGIN CERTIFICATE-----";
const KEY_RULE = "not a private key in PEM without a passphrase";

/** Certificates in PEM, one or more. */
export const chainSchema = z
  .string()
  .regex(
    /^\s*-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/,
    CERTIFICATE_RULE,
  );

const plainKeySchema = z
  .string()
  .regex(/^\s*-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END/, KEY_RULE);

/** A text sealed by AES-256-GCM: its 12 bytes of nonce, the ciphertext and its 16 bytes of tag, in Base64. */
const sealedSchema = z.strictObject({
  keyId: z.string().regex(KEY_ID, "not 8 hexadecimal digits").describe("Which seal key opens it."),
  sealed: z.string().regex(BASE64, "not Base64").describe("Nonce, ciphertext and tag, in Base64."),
});

const nameSchema = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host.ok && isNamed(host.value)) return host.value;
  context.addIssue({ code: "custom", message: host.ok ? "a certificate is for names" : host.reason });
  return z.NEVER;
});

/** The record at `table/certificates/<name>`: a certificate, and the key to it. */
export const certificateSchema = z.looseObject({
  chain: chainSchema.describe("The certificate, then its intermediates, in PEM."),
  key: z
    .union([sealedSchema, plainKeySchema], {
      error: "must be a sealed key ({keyId, sealed}) or a private key in PEM without a passphrase",
    })
    .describe("The private key: sealed, or in PEM where routers allow that."),
  names: z
    .array(nameSchema)
    .optional()
    .describe("The hosts that it serves, maybe none; when not said, all that the certificate is for."),
  isDefault: z
    .boolean()
    .optional()
    .describe("It serves clients that name no host, or one that no certificate is for."),
});

/** See {@link certificateSchema}. */
export type Certificate = z.infer<typeof certificateSchema>;
/** See {@link sealedSchema}. */
export type Sealed = z.infer<typeof sealedSchema>;
