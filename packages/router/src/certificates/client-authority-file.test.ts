import { X509Certificate } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { TestAuthority, eventually, temporaryDirectory } from "@wayleave/testkit";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import type { ClientAuthority } from "../table/table-change.ts";
import { ClientAuthorityFile } from "./client-authority-file.ts";
import { readAuthorities } from "./read-authorities.ts";

const [one, two] = [new TestAuthority("one"), new TestAuthority("two")];
const client = one.issue(["alice"]);

function follow(file: string) {
  const changes: ClientAuthority[] = [];
  const logged: string[] = [];
  const refused: string[] = [];
  const followed = new ClientAuthorityFile({
    file,
    isRequired: true,
    logger: pino({}, { write: (line: string) => void logged.push(line) }),
    changed: (authority) => void changes.push(authority),
    refused: (_, reason) => void refused.push(reason),
    lookEveryMs: 10,
  });
  return { followed, changes, logged, refused };
}

describe("a file of authorities for clients' certificates", () => {
  it("is followed: the last good one stays when it is bad or gone", async () => {
    const file = join(temporaryDirectory("client-ca"), "ca.pem");
    const write = async (text: string): Promise<void> => {
      await writeFile(`${file}.tmp`, text);
      await rename(`${file}.tmp`, file);
    };
    await write(`# ours\n${one.certificate}`);
    const { followed, changes, logged, refused } = follow(file);
    await followed.start();
    await write("nothing");
    await eventually(() => expect(logged.join()).toContain("there is no certificate in PEM"));
    await rm(file);
    await eventually(() => expect(logged.join()).toContain("ENOENT"));
    await write(one.certificate + two.certificate);
    await eventually(() => expect(changes).toHaveLength(2));
    followed.close();
    expect(refused).toEqual(["there is no certificate in PEM", expect.stringContaining("ENOENT")]);
    expect(changes.map(({ certificates }) => certificates.match(/BEGIN/g)?.length)).toEqual([1, 2]);
    expect(changes[0]).toMatchObject({ isRequired: true, certificates: one.certificate });
  });

  it.each([
    ["", "there is no certificate in PEM"],
    [client.chain, "certificate 1 is not an authority's"],
    [
      `${one.certificate}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----`,
      "certificate 2 cannot be read",
    ],
  ])("is refused at the start when it has none: %#", async (text, reason) => {
    const file = join(temporaryDirectory("client-ca"), "ca.pem");
    await writeFile(file, text);
    await expect(follow(file).followed.start()).rejects.toThrow(`--client-ca: ${file}: ${reason}`);
    await expect(follow(`${file}.not`).followed.start()).rejects.toThrow(RangeError);
  });

  it("gives away nothing else that stands in it", () => {
    const { validToDate } = new X509Certificate(one.certificate);
    expect(readAuthorities(client.key + one.certificate)).toEqual({
      ok: true,
      value: { certificates: one.certificate, count: 1, notAfter: validToDate.getTime() },
    });
  });
});
