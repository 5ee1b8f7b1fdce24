// The `tests` of a table file: requests, and what shall become of them.

import type { ExplainableRequest, FailureCode } from "@wayleave/router";
import { isMap, isScalar, isSeq } from "yaml";

import { type RoutePlace, parseRoutePlace } from "../arguments/place.ts";
import { CommandError } from "../exit-codes.ts";
import { type JsonObject, isObject } from "../writing/record-json.ts";
import { type Problem, type YamlSource, nodeAt } from "../yaml-source.ts";

/** What is decided before an instance is asked, with its status: the rows of the failure table that a test may expect. */
export const DECIDED_FAILURES = {
  "bad-request": 400,
  "unknown-route": 404,
  "no-instances": 503,
  "instances-saturated": 503,
} as const satisfies Partial<Record<FailureCode, number>>;

type DecidedFailure = keyof typeof DECIDED_FAILURES;

/** What shall become of a request; what is not said does not matter. */
export interface Expectation {
  /** The app that it goes to, and its version, whichever destination has its turn. */
  readonly app: string | undefined;
  readonly version: string | undefined;
  /** The route that decides. */
  readonly route: RoutePlace | undefined;
  readonly failure: DecidedFailure | undefined;
  /** Of an answer that the router makes itself. */
  readonly status: number | undefined;
}

/** One test, and where it stands (`FILE:LINE:COLUMN`). */
export interface FileTest {
  readonly at: string;
  readonly request: ExplainableRequest;
  readonly expect: Expectation;
}

/** Reads the list of tests. Never throws: all mistakes are found. */
export function readTests(node: unknown, source: YamlSource): { tests: FileTest[]; problems: Problem[] } {
  if (node === null || (isScalar(node) && node.value === null)) return { tests: [], problems: [] };
  if (!isSeq(node)) {
    return {
      tests: [],
      problems: [{ at: source.at(node), reason: "tests must be a list of {url, expect}" }],
    };
  }
  const read = node.items.map((item) => readTest(item, source));
  return {
    tests: read.flatMap(({ test }) => test ?? []),
    problems: read.flatMap(({ problems }) => problems),
  };
}

function readTest(item: unknown, source: YamlSource): { test?: FileTest; problems: Problem[] } {
  const problems: Problem[] = [];
  const refuse = (path: Path, reason: string): void => {
    const field = path.length === 0 ? "a test" : `test: ${path.join(".")}:`;
    problems.push({ at: source.at(nodeAt(item, path)), reason: `${field} ${reason}` });
  };
  const json: unknown = isMap(item) ? item.toJS(source.document) : undefined;
  if (isObject(json)) {
    const request = requestOf(new Fields(json, [], refuse));
    const expect = expectationOf(json["expect"], refuse);
    if (problems.length === 0) return { test: { at: source.at(item), request, expect }, problems };
  } else refuse([], "must be a map with url and expect");
  return { problems };
}

function requestOf(fields: Fields): ExplainableRequest {
  fields.allow(["url", "method", "headers", "client", "expect"]);
  const { json, refuse } = fields;
  const { headers = {} } = json;
  if (json["url"] === undefined) refuse([], "must have a url");
  if (!isObject(headers)) refuse(["headers"], "must be a map of names to values");
  return {
    url: fields.text("url") ?? "",
    method: fields.text("method"),
    client: fields.text("client"),
    headers: Object.entries(isObject(headers) ? headers : {}).flatMap(([name, value]) =>
      [value].flat().map((each) => [name, String(each)] as const),
    ),
  };
}

function expectationOf(json: unknown, refuse: Refuse): Expectation {
  const fields = new Fields(isObject(json) ? json : {}, ["expect"], refuse);
  const names = ["app", "version", "route", "failure", "status"];
  if (Object.keys(fields.json).length === 0)
    fields.refuse([], `must have one of ${names.join(", ")} or more`);
  fields.allow(names);
  return {
    app: fields.text("app"),
    version: fields.text("version"),
    route: placeOf(fields),
    failure: fields.oneOf("failure", Object.keys(DECIDED_FAILURES).filter(isDecided)),
    status: fields.oneOf("status", [...new Set(Object.values(DECIDED_FAILURES))]),
  };
}

function isDecided(code: string): code is DecidedFailure {
  return code in DECIDED_FAILURES;
}

function placeOf(fields: Fields): RoutePlace | undefined {
  const text = fields.text("route");
  try {
    return text === undefined ? undefined : parseRoutePlace(text);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    fields.refuse(["route"], error.message);
    return undefined;
  }
}

type Path = readonly (string | number)[];
type Refuse = (path: Path, reason: string) => void;

/** The fields of a map that is read; what is wrong with them goes to `refuse`. */
class Fields {
  readonly json: JsonObject;
  readonly refuse: Refuse;

  constructor(json: JsonObject, path: Path, refuse: Refuse) {
    this.json = json;
    this.refuse = (rest, reason) => refuse([...path, ...rest], reason);
  }

  allow(names: readonly string[]): void {
    for (const name of Object.keys(this.json)) {
      if (!names.includes(name)) this.refuse([name], `is no field of it; there are ${names.join(", ")}`);
    }
  }

  text(name: string): string | undefined {
    const value = this.json[name];
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    this.refuse([name], "must be a text");
    return undefined;
  }

  /** What the router decides before an instance is asked; what an app would answer is not known. */
  oneOf<T>(name: string, values: readonly T[]): T | undefined {
    const value = this.json[name];
    const found = values.find((each) => each === value);
    if (value !== undefined && found === undefined) {
      this.refuse(
        [name],
        `must be ${values.join(", ")}: what the router answers itself without asking an instance`,
      );
    }
    return found;
  }
}
