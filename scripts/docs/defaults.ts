// What holds for a field that nobody sets: asked of the functions by which a router fills it in.

import { resolveGuardPolicy, resolveListenerPolicy, resolvePolicy } from "@wayleave/router";

const resolved: Readonly<Record<string, unknown>> = {
  ...resolvePolicy({}, {}),
  ...resolveGuardPolicy({}),
  listener: resolveListenerPolicy({}),
};

/**
 * The default of a field of the settings record, as JSON; `none` when it is no limit, undefined when no router
 * resolves such a field. Groups that exist in records only (`timeouts.connectMs`) are looked through.
 */
export function defaultOf(path: string): string | undefined {
  const names = path.split(".");
  const last = names.at(-1) ?? "";
  const holder = names.length === 1 ? resolved : nested(names[0] ?? "");
  if (!(last in holder)) return undefined;
  const value = holder[last];
  return value === undefined ? "none" : JSON.stringify(value);
}

/** The fields that a router resolves, as they are called in its policy: `connectMs`, `listener.headMs`. */
export function resolvedFields(): string[] {
  return Object.entries(resolved).flatMap(([name, value]) =>
    name === "listener" || name === "ejection"
      ? Object.keys(asRecord(value)).map((field) => `${name}.${field}`)
      : [name],
  );
}

function nested(group: string): Readonly<Record<string, unknown>> {
  return group in resolved ? asRecord(resolved[group]) : resolved;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
