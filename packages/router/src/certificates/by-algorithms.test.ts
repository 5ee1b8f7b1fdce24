import { describe, expect, it } from "vitest";

import { sampleCertificate } from "../table/samples.ts";
import { byAlgorithms } from "./by-algorithms.ts";

const entries = ["rsa", "ec", "ed25519"].map((keyType) => ({
  name: keyType,
  certificate: sampleCertificate({ keyType }),
}));

describe("certificates of one host", () => {
  it.each([
    [
      ["RSA-PSS+SHA256", "ECDSA+SHA256"],
      ["ec", "rsa", "ed25519"],
    ],
    [
      ["ed25519+UNDEF", "ECDSA+SHA384"],
      ["ed25519", "ec", "rsa"],
    ],
    [["RSA+SHA256"], ["rsa", "ec", "ed25519"]],
    [[], ["rsa", "ec", "ed25519"]],
  ])("come in the order in which a client with %j can check them", (algorithms, names) => {
    expect(byAlgorithms(entries, algorithms).map(({ name }) => name)).toEqual(names);
  });
});
