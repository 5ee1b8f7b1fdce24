import { type Destination, parseName } from "@wayleave/records";

import { CommandError } from "../exit-codes.ts";
import { valueOrInvalid } from "./value-or-invalid.ts";

const FORM = /^(?<app>[^@=]+)(?:@(?<version>[^=]+))?(?:=(?<weight>[^=]+))?$/;

/** Parses `APP[@VERSION][=WEIGHT]`; throws a CommandError (invalid). The weight's range is the schema's. */
export function parseDestination(text: string): Destination {
  const { app, version, weight } = FORM.exec(text)?.groups ?? {};
  if (app === undefined)
    throw new CommandError("invalid", `${JSON.stringify(text)} is not APP[@VERSION][=WEIGHT]`);
  return {
    app: valueOrInvalid(parseName("app", app)),
    ...(version !== undefined && { version }),
    ...(weight !== undefined && { weight: parseWeight(weight) }),
  };
}

/** The inverse of {@link parseDestination}. */
export function formatDestination({ app, version, weight }: Destination): string {
  return app + (version === undefined ? "" : `@${version}`) + (weight === undefined ? "" : `=${weight}`);
}

/** Parses a weight: a decimal number that is not negative. Throws a CommandError (invalid). */
export function parseWeight(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new CommandError("invalid", `weight ${JSON.stringify(text)} is not a number of 0 or more`);
}
