// What is deployed, read as the tools that deploy it read it.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

import { parse, parseAllDocuments } from "yaml";

export const root = path.resolve(import.meta.dirname, "../..");

/** A file of the repository as text. */
export function textOf(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

/** The files that match, from the root. */
export function filesIn(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).toSorted();
}

/** One service of docker-compose.yml, merge keys applied. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly network_mode?: string;
  readonly stop_grace_period?: string;
  readonly build?: { readonly dockerfile: string };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** docker-compose.yml, with the services of another file beside its own. */
export function readCompose(overlay?: string): Compose {
  const [base, more] = ["docker-compose.yml", overlay].map(
    (file) => file && (parse(textOf(file), { merge: true }) as Compose),
  );
  if (!base) throw new Error("there is no docker-compose.yml");
  return { ...base, services: { ...base.services, ...(more ? more.services : {}) } };
}

/** The documents of a YAML file; throws for one that is not well-formed. */
export function yamlDocuments(file: string): unknown[] {
  return parseAllDocuments(textOf(file)).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS() as unknown;
  });
}
