// Every endpoint is declared once: what is declared is what is checked, registered, and told by /api/openapi.json.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";

import { Refusal } from "./problem.ts";

/** What an endpoint takes and gives. */
export interface Endpoint<Query extends z.ZodObject = z.ZodObject> {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  /** What may stand behind the `?`; anything else is refused. */
  readonly query: Query;
  /** The JSON of the request. */
  readonly body?: z.ZodType;
  /** Where that may be large. */
  readonly maxBodyBytes?: number;
  /** The JSON of the answer; a text says what else it is, by its type. */
  readonly answer: z.ZodType | "text/event-stream" | "text/plain" | "none";
  /** What an event of the stream is. */
  readonly events?: z.ZodType;
  /** Statuses of problems that it may answer, beside those that all may. */
  readonly problems?: readonly number[];
  /** Other answers with JSON like `answer`. */
  readonly alsoStatus?: readonly number[];
  /** Conditions in the head, as If-Match. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One question to an endpoint. */
export interface Question<Query extends z.ZodObject> {
  readonly query: z.output<Query>;
  /** The JSON of the request, as it came; it fits `body`. */
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Without anything behind the `?`. */
export const NO_QUERY = z.strictObject({});

/** What has been declared so far, on one server. */
export class Endpoints {
  readonly all: Endpoint[] = [];
  readonly #server: FastifyInstance;

  constructor(server: FastifyInstance) {
    this.#server = server;
  }

  /** Declares an endpoint. What `answer` gives is sent, unless it took over the reply. */
  add<Query extends z.ZodObject>(
    endpoint: Endpoint<Query>,
    answer: (question: Question<Query>) => unknown,
  ): void {
    this.all.push(endpoint);
    this.#server.route({
      method: endpoint.method,
      url: endpoint.path,
      ...(endpoint.maxBodyBytes !== undefined && { bodyLimit: endpoint.maxBodyBytes }),
      exposeHeadRoute: endpoint.answer !== "text/event-stream",
      handler: async (request, reply) => {
        const query = parseQuery(endpoint.query, request.query);
        const body = endpoint.body && checkBody(endpoint.body, request.body);
        const given = await answer({ query, body, request, reply });
        return reply.sent ? reply : reply.send(given);
      },
    });
  }

  /** Declares a read without a query. */
  tell(
    path: string,
    { summary, answer }: Pick<Endpoint, "summary" | "answer">,
    give: (reply: FastifyReply) => unknown,
  ): void {
    this.add({ method: "GET", path, summary, query: NO_QUERY, answer }, ({ reply }) => give(reply));
  }

  /** The methods that a path has. */
  methodsOf(path: string): string[] {
    return this.all.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
  }
}

function parseQuery<Query extends z.ZodObject>(schema: Query, given: unknown): z.output<Query> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const detail = parsed.error.issues.map(describe).join("; ");
  throw new Refusal({ status: 400, code: "bad-query", detail });
}

// What is stored is what was sent: a schema fills in defaults, and they may change.
function checkBody(schema: z.ZodType, given: unknown): unknown {
  const parsed = schema.safeParse(given);
  if (parsed.success) return given;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    pointer: pointerOf(path),
    detail: message,
  }));
  const detail = errors
    .map((each) => `${each.pointer === "" ? "the body" : each.pointer}: ${each.detail}`)
    .join("; ");
  throw new Refusal({ status: 422, code: "invalid-body", detail, errors });
}

// RFC 6901 section 3.
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `there is no ?${issue.keys.join(", ?")}`;
  return `?${z.core.toDotPath(issue.path)}: ${issue.message}`;
}
