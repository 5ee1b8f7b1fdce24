import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { TestAuthority, eventually, temporaryDirectory } from "@wayleave/testkit";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import type { CertificateChange } from "../table/table-change.ts";
import { CertificateFolder } from "./certificate-folder.ts";

const authority = new TestAuthority();

function follow(directory: string) {
  const changes: CertificateChange[][] = [];
  const logged: string[] = [];
  const refused: string[] = [];
  const folder = new CertificateFolder({
    directory,
    logger: pino({}, { write: (line: string) => void logged.push(line) }),
    changed: (more) => void changes.push([...more]),
    refused: (...why) => void refused.push(why.join(": ")),
    lookEveryMs: 10,
  });
  return { folder, changes, logged, refused };
}

describe("a folder of certificates", () => {
  it("is read at the start, in pairs and in single files", async () => {
    const directory = temporaryDirectory("folder");
    const [pair, single] = [authority.issue(["a.example"]), authority.issue(["b.example"])];
    await writeFile(join(directory, "a.crt"), pair.chain);
    await writeFile(join(directory, "a.key"), pair.key);
    await writeFile(join(directory, "b.pem"), single.key + single.chain);
    await writeFile(join(directory, "notes.txt"), "nothing");
    const { folder, changes } = follow(directory);
    await folder.start();
    folder.close();
    expect(changes).toMatchObject([
      [
        { name: "file:a", certificate: { names: ["a.example"], record: { key: pair.key } } },
        { name: "file:b", certificate: { names: ["b.example"] } },
      ],
    ]);
  });

  it("is followed: a half replaced pair leaves the last good one, a removed one goes", async () => {
    const directory = temporaryDirectory("folder");
    const [old, next] = [authority.issue(["a.example"]), authority.issue(["a.example", "new.example"])];
    const write = async (file: string, text: string): Promise<void> => {
      await writeFile(join(directory, `${file}.tmp`), text);
      await rename(join(directory, `${file}.tmp`), join(directory, file));
    };
    await write("a.crt", old.chain);
    await write("a.key", old.key);
    const { folder, changes, logged, refused } = follow(directory);
    await folder.start();
    await write("a.crt", next.chain);
    await eventually(() => expect(logged.join()).toContain("is not the key of the certificate"));
    expect(changes).toHaveLength(1);
    expect(refused).toEqual([`${join(directory, "a.crt")}: key: is not the key of the certificate`]);
    await write("a.key", next.key);
    await eventually(() =>
      expect(changes[1]).toMatchObject([{ certificate: { names: ["a.example", "new.example"] } }]),
    );
    await rm(join(directory, "a.crt"));
    await eventually(() => expect(changes[2]).toEqual([{ name: "file:a", certificate: null }]));
    folder.close();
    expect(logged.join()).not.toContain("PRIVATE");
  });

  it("that is not there is refused", async () => {
    const { folder } = follow("/nowhere/at/all");
    await expect(folder.start()).rejects.toThrow(/\/nowhere\/at\/all cannot be read/);
  });
});
