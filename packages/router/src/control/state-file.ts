// The last table on disk: what a router serves that starts while etcd is away.
//
// Lines of JSON: the header; then records, many a line, for one long text is read faster than many short ones; then the
// checksum of all before it. What is written was parsed and let through, so it is not parsed a second time: what the
// checksum does not find wrong is what we wrote. Another version of Wayleave may have meant something else by it: its
// file is read as etcd's records are.

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { type Parsed, invalid, valid } from "@wayleave/records";
import type { Revision } from "@wayleave/store";

import type { AcceptedRecord } from "./accepted-record.ts";
import { type SavedSlice, savedSlice } from "./saved-slice.ts";

const FORMAT = "wayleave-table-3";
const RECORDS_A_LINE = 500;
const LINE_END = 0x0a;
const CHECKSUM_LENGTH = 64;
const CHUNK_BYTES = 1024 * 1024;

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

/** A state as it was read; each of its lines is read when it is asked for. */
export interface SavedState extends StateHeader {
  readonly lines: Iterable<SavedLine>;
}

/** A slice of the records, as text and read. */
export interface SavedLine {
  readonly text: string;
  readonly slice: SavedSlice;
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
 * was changed, or is of another prefix. Its records are read from the file while they are asked for, and the file is
 * closed after the last, or when the iteration is left: a large table is not in memory twice.
 */
export function readState(directory: string, prefix: string): Parsed<SavedState> | undefined {
  let file: number | undefined;
  try {
    file = openSync(stateFile(directory), "r");
    const state = parseState(file, prefix);
    if (!state.ok) closeSync(file);
    return state;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    const reason = error instanceof Error ? error.message : String(error);
    return error instanceof Error && "code" in error && error.code === "ENOENT"
      ? undefined
      : invalid(`cannot read it: ${reason}`);
  }
}

function parseState(file: number, prefix: string): Parsed<SavedState> {
  const bodyLength = fstatSync(file).size - CHECKSUM_LENGTH - 1;
  if (bodyLength <= 0 || checksumOf(file, bodyLength) !== textAt(file, bodyLength, CHECKSUM_LENGTH + 1)) {
    return invalid("its checksum is wrong: it was cut off or changed");
  }
  const lines = linesOf(file, bodyLength);
  const header = parseHeader(lines.next().value ?? "");
  if (header === undefined) return invalid(`it is not of the format ${FORMAT}`);
  if (header.prefix !== prefix) return invalid(`it is of the prefix ${header.prefix}, not of ${prefix}`);
  return valid({ ...header, lines: slicesIn(file, lines) });
}

function parseHeader(line: string): StateHeader | undefined {
  if (!line.startsWith(`["${FORMAT}",`)) return undefined;
  const [, header]: [string, StateHeader] = JSON.parse(line);
  return header;
}

function* slicesIn(file: number, lines: Iterable<string>): Iterable<SavedLine> {
  try {
    for (const text of lines) {
      const slice: SavedSlice = JSON.parse(text);
      yield { text, slice };
    }
  } finally {
    closeSync(file);
  }
}

function checksumOf(file: number, length: number): string {
  const checksum = createHash("sha256");
  for (const chunk of chunksOf(file, length)) checksum.update(chunk);
  return `${checksum.digest("hex")}\n`;
}

function textAt(file: number, at: number, length: number): string {
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, at);
  return bytes.toString("latin1");
}

function* linesOf(file: number, length: number): Generator<string, undefined> {
  let rest = Buffer.alloc(0);
  for (const chunk of chunksOf(file, length)) {
    const bytes = Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, at)) {
      yield bytes.toString("utf8", at, end);
      at = end + 1;
    }
    rest = bytes.subarray(at);
  }
  return undefined;
}

/** Each chunk is good until the next one is asked for. */
function* chunksOf(file: number, length: number): Iterable<Buffer> {
  const bytes = Buffer.alloc(Math.min(length, CHUNK_BYTES));
  for (let at = 0; at < length;) {
    const read = readSync(file, bytes, 0, Math.min(bytes.length, length - at), at);
    if (read === 0) throw new Error("it ended early");
    yield bytes.subarray(0, read);
    at += read;
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
    yield `${JSON.stringify(savedSlice(records.slice(at, at + RECORDS_A_LINE)))}\n`;
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
