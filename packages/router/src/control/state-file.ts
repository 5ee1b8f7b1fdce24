// The last table on disk: what a router serves that starts while etcd is away.
//
// Lines of JSON: the header; then records, many a line, for one long text is read faster than many short ones; then the
// checksum of all before it. What is written was parsed and let through, so it is not parsed a second time: what the
// checksum does not find wrong is what we wrote. Another version of Wayleave may have meant something else by it: its
// file is read as etcd's records are.

import { createHash, hash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { type Parsed, invalid, valid } from "@wayleave/records";
import type { Revision } from "@wayleave/store";

import type { AcceptedRecord } from "./accepted-record.ts";
import { type SavedRecord, savedRecord } from "./saved-record.ts";

const FORMAT = "wayleave-table-2";
const RECORDS_A_LINE = 500;
const LINE_END = 0x0a;

/** Whose table it is, and of when. */
export interface StateHeader {
  readonly revision: Revision;
  /** The key prefix: a state is good for this one only. */
  readonly prefix: string;
  /** Of the etcd that it was; empty for another source. */
  readonly clusterId: string;
  /** Epoch milliseconds at which these records were last known to be what etcd has. */
  readonly provedAt: number;
  /** Of Wayleave. */
  readonly version: string;
}

/** A state as it was read; each record is read when it is asked for. */
export interface SavedState extends StateHeader {
  readonly records: Iterable<SavedRecord>;
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
  try {
    return parseState(await readFile(stateFile(directory)), prefix);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return error instanceof Error && "code" in error && error.code === "ENOENT"
      ? undefined
      : invalid(`cannot read it: ${reason}`);
  }
}

function parseState(bytes: Buffer, prefix: string): Parsed<SavedState> {
  const checksumAt = bytes.lastIndexOf(LINE_END, -2) + 1;
  const body = bytes.subarray(0, checksumAt);
  const isWhole = bytes.length > 0 && bytes.at(-1) === LINE_END;
  if (!isWhole || hash("sha256", body) !== bytes.toString("latin1", checksumAt, bytes.length - 1)) {
    return invalid("its checksum is wrong: it was cut off or changed");
  }
  const headEnd = body.indexOf(LINE_END);
  const header = parseHeader(body.toString("utf8", 0, headEnd));
  if (header === undefined) return invalid(`it is not of the format ${FORMAT}`);
  if (header.prefix !== prefix) return invalid(`it is of the prefix ${header.prefix}, not of ${prefix}`);
  return valid({ ...header, records: recordsIn(body.subarray(headEnd + 1)) });
}

function parseHeader(line: string): StateHeader | undefined {
  if (!line.startsWith(`["${FORMAT}",`)) return undefined;
  const [, header]: [string, StateHeader] = JSON.parse(line);
  return header;
}

function* recordsIn(lines: Buffer): Iterable<SavedRecord> {
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(LINE_END, at);
    const records: readonly SavedRecord[] = JSON.parse(lines.toString("utf8", at, end));
    yield* records;
    at = end + 1;
  }
}

async function* stateText(header: StateHeader, records: readonly AcceptedRecord[]): AsyncIterable<string> {
  const checksum = createHash("sha256");
  for (const line of stateLines(header, records)) {
    checksum.update(line);
    yield line;
    await setImmediate();
  }
  yield `${checksum.digest("hex")}\n`;
}

function* stateLines(header: StateHeader, records: readonly AcceptedRecord[]): Iterable<string> {
  yield `${JSON.stringify([FORMAT, header])}\n`;
  for (let at = 0; at < records.length; at += RECORDS_A_LINE) {
    yield `${JSON.stringify(records.slice(at, at + RECORDS_A_LINE).map(savedRecord))}\n`;
  }
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
