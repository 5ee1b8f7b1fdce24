import { isDeepStrictEqual } from "node:util";

import { paint, printable } from "../output/paint.ts";
import { type JsonObject, isObject } from "../writing/record-json.ts";
import type { PlannedChange } from "./plan-changes.ts";

const SIGN = { create: "+", update: "~", delete: "-" } as const;
const STYLE = { create: "green", update: "yellow", delete: "red" } as const;

/** A change as lines for people: what it is about, and for an update each field that differs. */
export function describeChange({ action, what, before, after }: PlannedChange): string[] {
  const head = paint(STYLE[action], `${SIGN[action]} ${printable(what)}`);
  if (action !== "update" || after === undefined) return [head];
  if (before === undefined) return [head, "    was no JSON object"];
  return [head, ...differences(before, after, "").map((text) => `    ${printable(text)}`)];
}

/** The shape of a change in JSON output. */
export function changeAsJson({ action, what, key, before, after }: PlannedChange): object {
  return { action, what, key, before: before ?? null, after: after ?? null };
}

function differences(before: JsonObject, after: JsonObject, prefix: string): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (isDeepStrictEqual(old, now)) return [];
    if (isObject(old) && isObject(now)) return differences(old, now, `${prefix}${name}.`);
    return [`${prefix}${name}: ${show(old)} -> ${show(now)}`];
  });
}

function show(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
