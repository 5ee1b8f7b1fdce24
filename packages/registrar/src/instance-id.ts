import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

const MAX_HOST_CHARACTERS = 100;

/** A fresh instance id: the machine's name, for people, and eight random digits, for uniqueness. */
export function makeInstanceId(machine: string = hostname()): string {
  const readable = machine
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_HOST_CHARACTERS);
  return `${readable === "" ? "instance" : readable}-${randomBytes(4).toString("hex")}`;
}
