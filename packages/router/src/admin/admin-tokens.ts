import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { parseName } from "@wayleave/records";

const SESSION_SECONDS = 12 * 3_600;
const UNNAMED = "admin";

interface Token {
  readonly name: string;
  readonly digest: Buffer;
}

/**
 * The tokens of the admin listener: `TOKEN`, or `NAME:TOKEN` for each of several, separated by commas or lines, so that the audit
 * log knows who wrote. A browser gives its token once, and gets a session of 12 hours for it: a cookie that is signed with
 * the token, so that it ends with it, and that says nothing of it.
 */
export class AdminTokens {
  readonly #tokens: readonly Token[];

  /** Throws a RangeError that names what is wrong, and no token. */
  constructor(text: string | undefined) {
    this.#tokens = (text ?? "")
      .split(/[\s,]+/)
      .filter((each) => each !== "")
      .map(readToken);
    const names = this.#tokens.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new RangeError(`two admin tokens have the name ${twice}`);
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  /** Whose token it is; undefined: nobody's. Takes the same time whatever it is. */
  nameOf(token: string): string | undefined {
    const given = digest(token);
    let found: string | undefined;
    for (const each of this.#tokens) if (timingSafeEqual(each.digest, given)) found = each.name;
    return found;
  }

  /** The cookie of a new session, as Set-Cookie has it. */
  sessionCookie(name: string, now: number): string {
    const ends = Math.floor(now / 1_000) + SESSION_SECONDS;
    const token = this.#tokens.find((each) => each.name === name);
    const signature = token === undefined ? "" : sign(token, ends);
    return `${SESSION_COOKIE}=${name}~${ends}~${signature}; ${ATTRIBUTES}; Max-Age=${SESSION_SECONDS}`;
  }

  /** Whose session a Cookie field has; undefined: nobody's, or it is over. */
  sessionOf(cookie: string | undefined, now: number): string | undefined {
    const value = new RegExp(`(?:^|;)\\s*${SESSION_COOKIE}=([^;\\s]*)`).exec(cookie ?? "")?.[1];
    const [name = "", ends = "", signature = ""] = value?.split("~") ?? [];
    const token = this.#tokens.find((each) => each.name === name);
    if (token === undefined || !/^\d{1,12}$/.test(ends) || Number(ends) * 1_000 <= now) return undefined;
    return timingSafeEqual(digest(signature), digest(sign(token, Number(ends)))) ? name : undefined;
  }
}

const SESSION_COOKIE = "wayleave_session";
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict";

/** The Set-Cookie that ends a session. */
export const NO_SESSION: string = `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;

function readToken(text: string): Token {
  const colon = text.indexOf(":");
  if (colon === -1) return { name: UNNAMED, digest: digest(text) };
  const name = parseName("the name of an admin token", text.slice(0, colon));
  if (!name.ok)
    throw new RangeError("an admin token is TOKEN or NAME:TOKEN, and the name letters and digits");
  const token = text.slice(colon + 1);
  if (token === "") throw new RangeError(`the admin token of ${name.value} is empty`);
  return { name: name.value, digest: digest(token) };
}

function sign({ name, digest: key }: Token, ends: number): string {
  return createHmac("sha256", key).update(`wayleave session ${name} ${ends}`).digest("base64url");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
