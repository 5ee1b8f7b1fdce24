import { parseHost, parseName, parsePathPrefix } from "@wayleave/records";

import { valueOrInvalid } from "./value-or-invalid.ts";

/** The place of a route: a canonical host and path prefix. */
export interface RoutePlace {
  readonly host: string;
  readonly path: string;
}

/** Where an instance's record lives. */
export interface InstancePlace {
  readonly app: string;
  readonly id: string;
}

/** Parses `HOST[/PATH]` as a person types it; throws a CommandError (invalid) with the reason. */
export function parseRoutePlace(text: string): RoutePlace {
  const bare = text.replace(/^https?:\/\//, "");
  const slash = bare.indexOf("/");
  const host = slash === -1 ? bare : bare.slice(0, slash);
  const path = slash === -1 ? "/" : bare.slice(slash);
  return { host: valueOrInvalid(parseHost(host)), path: valueOrInvalid(parsePathPrefix(path)) };
}

/** Parses a host alone; throws a CommandError (invalid) with the reason. */
export function parseHostAlone(text: string): string {
  return valueOrInvalid(parseHost(text));
}

/** Parses the name of an app; throws a CommandError (invalid) with the reason. */
export function parseApp(text: string): string {
  return valueOrInvalid(parseName("app", text));
}

/** Parses `APP/ID`; throws a CommandError (invalid) with the reason. */
export function parseInstancePlace(text: string): InstancePlace {
  const [app = "", id = "", ...rest] = text.split("/");
  if (app === "" || id === "" || rest.length > 0) {
    return valueOrInvalid({ ok: false, reason: `${JSON.stringify(text)} is not APP/ID` });
  }
  return {
    app: parseApp(app),
    id: valueOrInvalid(parseName("instance id", id)),
  };
}

/** Parses the name of a certificate; throws a CommandError (invalid) with the reason. */
export function parseCertificateName(text: string): string {
  return valueOrInvalid(parseName("certificate", text));
}
