// The file that `apply`, `diff` and `validate` read and `export` writes: the records of a table by their places.

import { type Keys, type Parsed, invalid, parseTableRecord, valid } from "@wayleave/records";
import { isMap, isNode, isScalar } from "yaml";

import { parseCertificateName, parseInstancePlace, parseRoutePlace } from "../arguments/place.ts";
import { CommandError } from "../exit-codes.ts";
import { type JsonObject, isObject } from "../writing/record-json.ts";
import { type Problem, type YamlSource, nodeAt, parseYaml } from "../yaml-source.ts";
import { fieldPath } from "./field-path.ts";
import { type FileTest, readTests } from "./read-tests.ts";
import { unknownFields } from "./unknown-fields.ts";

/** The parts of a table file, in the order in which they are written. */
export const SECTIONS = ["settings", "certificates", "instances", "routes"] as const;

export type Section = (typeof SECTIONS)[number];

const PLACES = { routes: "HOST[/PATH]", instances: "APP/ID", certificates: "NAME" } as const;

/** One record of the file: its key, and its value as it will be written. */
export interface FileRecord {
  readonly section: Section;
  readonly key: string;
  /** How people call it: `route shop.example.com/api`. */
  readonly what: string;
  readonly json: JsonObject;
}

/** A table file, read whole: its records are good, or `problems` is not empty. */
export interface TableFile {
  readonly sections: ReadonlySet<Section>;
  readonly records: readonly FileRecord[];
  /** For `wayleave test`; they are no records. */
  readonly tests: readonly FileTest[];
  readonly problems: readonly Problem[];
  /** What is kept but means nothing to this version: most often a spelling mistake. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads a table file: a map of `settings` (one record), `routes` (records by `HOST[/PATH]`), `instances` (records
 * by `APP/ID`) and `certificates` (records by name, their keys sealed), and a list of `tests`. Never throws: all mistakes are found at once, with their places.
 */
export function readTableFile(text: string, file: string, keys: Keys): TableFile {
  const reader = new Reader(text, file, keys);
  reader.read();
  return reader;
}

class Reader implements TableFile {
  readonly sections = new Set<Section>();
  readonly records: FileRecord[] = [];
  readonly tests: FileTest[] = [];
  readonly problems: Problem[];
  readonly warnings: Problem[] = [];
  readonly #source: YamlSource;
  readonly #keys: Keys;
  readonly #placesByKey = new Map<string, string>();

  constructor(text: string, file: string, keys: Keys) {
    const { source, problems } = parseYaml(text, file);
    this.#source = source;
    this.problems = problems;
    this.#keys = keys;
  }

  read(): void {
    if (this.problems.length > 0) return;
    const top = this.#source.document.contents;
    if (!isMap(top))
      return this.#refuse(top, `the file must have ${SECTIONS.join(", ")}: one of them or more`);
    for (const { key, value } of top.items) {
      const name = nameOf(key);
      const section = SECTIONS.find((known) => known === name);
      if (name === "tests") this.#readTests(value);
      else if (section === undefined)
        this.#refuse(
          key,
          `there is no ${JSON.stringify(name)} in a table file, only ${SECTIONS.join(", ")}, tests`,
        );
      else this.#readSection(section, key, value);
    }
  }

  #readTests(node: unknown): void {
    const { tests, problems } = readTests(node, this.#source);
    this.tests.push(...tests);
    this.problems.push(...problems);
  }

  #readSection(section: Section, key: unknown, value: unknown): void {
    this.sections.add(section);
    if (section === "settings") return this.#readRecord(section, { key, value });
    if (value === null || (isScalar(value) && value.value === null)) return;
    if (!isMap(value))
      return this.#refuse(value, `${section} must be a map of ${PLACES[section]} to a record`);
    for (const pair of value.items) this.#readRecord(section, pair);
  }

  #readRecord(section: Section, { key: name, value }: { key: unknown; value: unknown }): void {
    const place = this.#placeOf(section, nameOf(name));
    if (!place.ok) return this.#refuse(name, place.reason);
    const { key, what } = place.value;
    const other = this.#placesByKey.get(key);
    if (other !== undefined)
      return this.#refuse(name, `${what} stands here a second time; the first is at ${other}`);
    this.#placesByKey.set(key, this.#source.at(name));
    const json = this.#jsonOf(value);
    if (!json.ok) return this.#refuse(value ?? name, `${what} ${json.reason}`);
    const text = JSON.stringify(json.value);
    const parsed = parseTableRecord(this.#keys, key, text);
    if (!parsed.ok)
      return this.#refuse(nodeAt(value, fieldPath(parsed.reason)) ?? name, `${what}: ${parsed.reason}`);
    if (parsed.value.kind === "certificate" && typeof parsed.value.certificate.key === "string") {
      const reason = `${what}: its key is not sealed, and a file is no place for it: wayleave certificates set`;
      return this.#refuse(nodeAt(value, ["key"]) ?? name, reason);
    }
    for (const { path, reason } of unknownFields(section, json.value)) {
      this.warnings.push({ at: this.#source.at(nodeAt(value, path)), reason: `${what}: ${reason}` });
    }
    this.records.push({ section, key, what, json: json.value });
  }

  /** What JSON makes of it, so that it compares equal to what etcd gives back. */
  #jsonOf(value: unknown): Parsed<JsonObject> {
    try {
      const text = JSON.stringify(isNode(value) ? value.toJS(this.#source.document) : null, refuseNonJson);
      const json: unknown = JSON.parse(text);
      return isObject(json) ? valid(json) : invalid("must be a map of fields");
    } catch (error) {
      return invalid(error instanceof Error ? error.message : String(error));
    }
  }

  #placeOf(section: Section, name: string): Parsed<{ key: string; what: string }> {
    try {
      if (section === "settings") return valid({ key: this.#keys.settings, what: "settings" });
      if (section === "routes") {
        const { host, path } = parseRoutePlace(name);
        return valid({ key: this.#keys.route(host, path), what: `route ${host}${path}` });
      }
      if (section === "certificates") {
        return valid({
          key: this.#keys.certificate(parseCertificateName(name)),
          what: `certificate ${name}`,
        });
      }
      const { app, id } = parseInstancePlace(name);
      return valid({ key: this.#keys.instance(app, id), what: `instance ${app}/${id}` });
    } catch (error) {
      if (error instanceof CommandError) return invalid(error.message);
      throw error;
    }
  }

  #refuse(where: unknown, reason: string): void {
    this.problems.push({ at: this.#source.at(where), reason });
  }
}

function refuseNonJson(name: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new RangeError(`has the number ${value} in ${name}, which JSON has not`);
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}
