import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keysUnder } from "@wayleave/records";
import type { Following, FollowStatus, Snapshot } from "@wayleave/store";
import { eventually } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openStaticTable } from "./static-table.ts";

const keys = keysUnder();
const table = (...hosts: string[]): string =>
  `routes:\n${hosts.map((host) => `  ${host}: { to: [{ app: a }] }\n`).join("")}`;

let directory: string;
let following: Following | undefined;
let snapshots: Snapshot[];
let statuses: FollowStatus[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wayleave-static-"));
  snapshots = [];
  statuses = [];
});
afterEach(async () => {
  await following?.close();
  await rm(directory, { recursive: true });
});

/** Follows `table.yaml`, which holds a text. */
async function follow(text: string, times = { settleMs: 20, pollMs: 60_000 }): Promise<string> {
  const file = join(directory, "table.yaml");
  await writeFile(file, text);
  await followFile(file, times);
  return file;
}

async function followFile(file: string, times = { settleMs: 20, pollMs: 60_000 }): Promise<void> {
  const source = await openStaticTable(file, keys, times);
  following = source.follow(keys.table, {
    snapshot: (snapshot) => void snapshots.push(snapshot),
    change: () => expect.unreachable("a file is handed out whole"),
    status: (status) => void statuses.push(status),
  });
  await eventually(() => expect(snapshots).toHaveLength(1));
}

const hosts = (): string[] => snapshots.at(-1)?.records.map(({ key }) => key.split("/")[4] ?? "") ?? [];

describe("a static table", () => {
  it("is handed out whole, and again when the file is changed in place or another takes its place", async () => {
    const file = await follow(table("a.b"));
    expect(snapshots[0]).toMatchObject({ revision: 1, reason: "start" });
    await writeFile(file, table("a.b", "c.d"));
    await eventually(() => expect(hosts()).toEqual(["a.b", "c.d"]));
    await writeFile(`${file}.new`, table("c.d"));
    await rename(`${file}.new`, file);
    await eventually(() => expect(hosts()).toEqual(["c.d"]));
    expect(snapshots.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    const [record] = snapshots.at(-1)?.records ?? [];
    expect(record).toMatchObject({ createRevision: 2, modRevision: 2, lease: "0" });
  });

  it("is followed through a link whose target is moved, as Kubernetes does it", async () => {
    for (const name of ["one", "two"]) await mkdir(join(directory, `..${name}`));
    await writeFile(join(directory, "..one", "table.yaml"), table("one.b"));
    await writeFile(join(directory, "..two", "table.yaml"), table("two.b"));
    await symlink("..one", join(directory, "..data"));
    const file = join(directory, "table.yaml");
    await symlink("..data/table.yaml", file);
    await followFile(file);
    await symlink("..two", join(directory, "..data_tmp"));
    await rename(join(directory, "..data_tmp"), join(directory, "..data"));
    await eventually(() => expect(hosts()).toEqual(["two.b"]));
  });

  it("is looked at where the system tells of no change", async () => {
    await mkdir(join(directory, "far"));
    const target = join(directory, "far", "target.yaml");
    await writeFile(target, table("a.b"));
    const file = join(directory, "table.yaml");
    await symlink(target, file);
    await followFile(file, { settleMs: 20, pollMs: 50 });
    await writeFile(target, table("c.d"));
    await eventually(() => expect(hosts()).toEqual(["c.d"]));
  });

  it("keeps the last good one while the file is bad or gone, and says why with line and column", async () => {
    const file = await follow(table("a.b"));
    await writeFile(file, "routes:\n  a.b: { to: [{ app: a, weight: -1 }] }\n");
    await eventually(() =>
      expect(statuses.at(-1)).toMatchObject({
        state: "reconnecting",
        reason: "file-refused",
        error: expect.stringContaining(`${file}:2:25: route a.b/: to[0].weight: must not be negative`),
      }),
    );
    const provedAt = following?.lastProofAt ?? 0;
    await rm(file);
    await eventually(() => expect(statuses.at(-1)?.error).toContain("cannot be read"));
    expect(snapshots).toHaveLength(1);
    expect(following?.lastProofAt).toBe(provedAt);
    await writeFile(file, table("a.b"));
    await eventually(() => expect(statuses.at(-1)).toMatchObject({ state: "live" }));
    expect(following?.revision).toBe(1);
  });

  it("reads once what is written in many steps", async () => {
    const file = await follow(table("a.b"), { settleMs: 300, pollMs: 60_000 });
    for (let count = 0; count < 20; count += 1) {
      await writeFile(file, table(...Array.from({ length: count + 1 }, (_, index) => `h${index}.b`)));
    }
    await eventually(() => expect(hosts()).toHaveLength(20));
    expect(snapshots.length).toBeLessThanOrEqual(4);
  });

  it("is handed out again when that is asked for, with what the file says then", async () => {
    await follow(table("a.b"));
    await following?.relist("audit");
    expect(snapshots.at(-1)).toMatchObject({ revision: 1, reason: "audit" });
  });

  it("refuses to begin with a bad file, or none", async () => {
    const file = join(directory, "table.yaml");
    await expect(openStaticTable(file, keys)).rejects.toThrow(/table\.yaml cannot be read/);
    await writeFile(file, "routes: 7");
    await expect(openStaticTable(file, keys)).rejects.toThrow(/table\.yaml:1:9: routes must be a map/);
  });
});
