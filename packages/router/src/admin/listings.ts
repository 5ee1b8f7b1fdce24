// Long lists in pages. The first page notes what is in the list; the pages behind it go on from there, at no more cost, and
// show each row as it is by then.

import { randomBytes } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";

import { Refusal } from "./problem.ts";

const KEPT_MS = 60_000;
const MOST_KEPT = 8;

/** What may be asked of a list: how many rows, and to go on after an earlier page. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  cursor: z
    .string()
    .regex(/^[\w-]{16}\.\d{1,9}$/, "is what a page's Link field said")
    .optional()
    .describe("Where to go on: the address of the next page is in the Link field, as `rel=next` (RFC 8288)."),
};

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly forget: NodeJS.Timeout;
}

/** The lists of one endpoint that somebody reads page by page; each is forgotten a minute after its last page. */
export class Listings<Row> {
  readonly #kept = new Map<string, Listing<Row>>();

  /**
   * The rows of a page, of those that `all` gives now when it is the first one. The number of all goes into
   * `X-Total-Count`, the address of the next page into `Link`.
   */
  page(
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    { limit, cursor }: Page,
    all: () => Iterable<Row>,
  ): readonly Row[] {
    const [id = "", offset = "0"] = cursor?.split(".") ?? [];
    const rows = cursor === undefined ? [...all()] : this.#resume(id);
    reply.header("x-total-count", rows.length);
    const from = Number(offset);
    const to = from + limit;
    if (to < rows.length) {
      const next = cursor === undefined ? this.#keep(rows) : id;
      reply.header("link", `<${nextAddress(request.url, `${next}.${to}`)}>; rel="next"`);
    }
    return rows.slice(from, to);
  }

  #keep(rows: readonly Row[]): string {
    const id = randomBytes(12).toString("base64url");
    const forget = setTimeout(() => this.#kept.delete(id), KEPT_MS).unref();
    this.#kept.set(id, { rows, forget });
    const [oldest = ""] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT) this.#drop(oldest);
    return id;
  }

  #resume(id: string): readonly Row[] {
    const listing = this.#kept.get(id);
    if (listing === undefined) {
      const detail = "this list is known no more: begin anew, without ?cursor";
      throw new Refusal({ status: 410, code: "cursor-gone", detail });
    }
    listing.forget.refresh();
    return listing.rows;
  }

  #drop(id: string): void {
    clearTimeout(this.#kept.get(id)?.forget);
    this.#kept.delete(id);
  }
}

function nextAddress(url: string, cursor: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const asked = new URLSearchParams(query);
  asked.set("cursor", cursor);
  return `${path}?${asked.toString()}`;
}
