// The last table on disk: what a router serves that starts while etcd is away.
//
// One line for the header, one for each record (key, create revision, mod revision, JSON; tab-separated:
// neither keys nor JSON can have a raw tab or line feed), and one for the checksum of all before it.

import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { type Parsed, invalid, valid } from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { type AcceptedRecord, payload } from "./accepted-record.ts";

const FORMAT = "wayleave-table-1";
const RECORDS_A_SLICE = 1_000;

/** Whose table it is, and of when. */
export interface StateHeader {
  readonly revision: Revision;
  /** The key prefix: a state is good for this one only. */
  readonly prefix: string;
  /** Epoch milliseconds at which these records were last known to be what etcd has. */
  readonly provedAt: number;
}

/** A state as it was read. */
export interface SavedState extends StateHeader {
  readonly records: readonly StoredRecord[];
}

/** The file of a state directory. */
export function stateFile(directory: string): string {
  return join(directory, "table.state");
}

/**
 * Writes a state atomically: whoever reads sees the old one or the new one, whenever the power fails.
 * Yields to other work between slices; `records` must not change meanwhile. Rejects with the file system's error.
 */
export async function writeState(
  directory: string,
  header: StateHeader,
  records: readonly AcceptedRecord[],
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = stateFile(directory);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeSynced(temporary, stateText(header, records));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/**
 * Reads the state of a directory. undefined: there is none. Refused, with the reason, when it is torn,
 * was changed, or is of another prefix.
 */
export async function readState(directory: string, prefix: string): Promise<Parsed<SavedState> | undefined> {
  const file = stateFile(directory);
  try {
    return parseState(await readFile(file, "utf8"), prefix);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return error instanceof Error && "code" in error && error.code === "ENOENT"
      ? undefined
      : invalid(`cannot read it: ${reason}`);
  }
}

/** Parses the text of a state file; see {@link readState}. */
export function parseState(text: string, prefix: string): Parsed<SavedState> {
  const checksumAt = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, checksumAt);
  if (!text.endsWith("\n") || checksumOf(body) !== text.slice(checksumAt, -1)) {
    return invalid("its checksum is wrong: it was cut off or changed");
  }
  const [head = "", ...lines] = body.slice(0, -1).split("\n");
  const header = parseHeader(head);
  if (header === undefined) return invalid(`it is not of the format ${FORMAT}`);
  if (header.prefix !== prefix) return invalid(`it is of the prefix ${header.prefix}, not of ${prefix}`);
  return valid({ ...header, records: lines.map(parseLine) });
}

function parseHeader(line: string): StateHeader | undefined {
  const [format, revision, provedAt, prefix] = line.split("\t");
  if (format !== FORMAT || prefix === undefined) return undefined;
  return { revision: Number(revision), provedAt: Number(provedAt), prefix };
}

function parseLine(line: string): StoredRecord {
  const [key = "", createRevision, modRevision, value = ""] = line.split("\t");
  return { key, createRevision: Number(createRevision), modRevision: Number(modRevision), value, lease: "0" };
}

async function* stateText(
  { revision, provedAt, prefix }: StateHeader,
  records: readonly AcceptedRecord[],
): AsyncIterable<string> {
  const checksum = createHash("sha256");
  const head = `${[FORMAT, revision, provedAt, prefix].join("\t")}\n`;
  checksum.update(head);
  yield head;
  for (let at = 0; at < records.length; at += RECORDS_A_SLICE) {
    const slice = records
      .slice(at, at + RECORDS_A_SLICE)
      .map(formatLine)
      .join("");
    checksum.update(slice);
    yield slice;
    await setImmediate();
  }
  yield `${checksum.digest("hex")}\n`;
}

function formatLine(record: AcceptedRecord): string {
  const { key, createRevision, modRevision } = record;
  return `${key}\t${createRevision}\t${modRevision}\t${JSON.stringify(withoutOwnFields(record))}\n`;
}

// `since` and `isSuspect` are this router's own words, not the record's.
function withoutOwnFields(record: AcceptedRecord): object {
  if (record.kind === "certificate") return record.certificate.record;
  if (record.kind !== "instance") return payload(record);
  const { since: _, isSuspect: __, ...instance } = record.instance;
  return instance;
}

function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function writeSynced(file: string, text: AsyncIterable<string>): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    for await (const slice of text) await handle.write(slice);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// The rename itself is not on disk before its directory is.
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
