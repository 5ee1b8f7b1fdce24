import * as z from "zod";

/** A certificate in a router's table: all but its private key. Its key is `name`. */
export const certificateViewSchema = z.object({
  name: z.string().describe("`file:NAME`: from a folder of files."),
  revision: z.int().min(0).describe("At which its record was last written; 0: it is from a file."),
  names: z.array(z.string()).describe("The hosts that it serves."),
  isDefault: z.boolean().describe("It serves clients whose host no certificate is for, too."),
  issuer: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime().describe("The first end of its chain's certificates."),
  state: z.enum(["valid", "expired", "not-yet-valid"]),
  keyType: z.string().describe("`rsa`, `ec`, ..."),
  fingerprint: z.string().describe("SHA-256 of the certificate, hexadecimal."),
  sealedBy: z
    .string()
    .nullable()
    .describe("The id of the seal key that opens its key; null: the key is plain."),
  routeCount: z.int().min(0).describe("How many routes' clients get it."),
  routes: z.array(z.string()).describe("The first 100 of them, as `host/path`."),
});

export type CertificateView = z.infer<typeof certificateViewSchema>;
