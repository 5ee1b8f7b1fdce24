import { describe, expect, it } from "vitest";

import { EXPIRES_SOON_MS, certificateExpiry } from "./certificate-expiry.ts";

const NOW = 1_000_000;

describe("the expiry of certificates", () => {
  it("names what has expired and what will soon, the first end first", () => {
    const certificates = [
      { name: "fresh", notAfter: NOW + EXPIRES_SOON_MS + 1 },
      { name: "soon", notAfter: NOW + EXPIRES_SOON_MS },
      { name: "sooner", notAfter: NOW + 1 },
      { name: "over", notAfter: NOW },
    ];
    expect(certificateExpiry(certificates, NOW)).toEqual({
      certificatesExpired: { count: 1, names: ["over"] },
      certificatesExpiring: { count: 2, names: ["sooner", "soon"] },
    });
  });
});
