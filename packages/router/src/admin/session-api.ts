// How a browser gives its token: once, for a session. An EventSource cannot send an Authorization field.

import { sessionSchema } from "@wayleave/records/api";
import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";
import * as z from "zod";

import { type AdminTokens, NO_SESSION } from "./admin-tokens.ts";
import { type Endpoints, NO_QUERY } from "./endpoints.ts";
import { Refusal } from "./problem.ts";

const loginSchema = z.strictObject({ token: z.string().min(1).max(4_096) });

/** What the session's endpoints need. */
export interface SessionSettings {
  readonly tokens: AdminTokens;
  readonly actorOf: (request: FastifyRequest) => string;
  readonly logger: Logger;
}

/** Adds `/api/session`. */
export function addSessionApi(endpoints: Endpoints, { tokens, actorOf, logger }: SessionSettings): void {
  endpoints.add(
    {
      method: "POST",
      path: "/api/session",
      summary: "Gives a browser a session of 12 hours for a token: a cookie that no script can read.",
      query: NO_QUERY,
      body: loginSchema,
      answer: "none",
      problems: [401, 422],
    },
    ({ body, request, reply }) => {
      const { token } = loginSchema.parse(body);
      const name = tokens.nameOf(token);
      if (name === undefined) {
        logger.warn({ peer: request.ip }, "admin-login-refused");
        throw new Refusal({ status: 401, code: "no-token", detail: "this is not a token of this router" });
      }
      logger.info({ peer: request.ip, actor: name }, "admin-login");
      reply.code(204).header("set-cookie", tokens.sessionCookie(name, Date.now()));
    },
  );
  endpoints.add(
    {
      method: "GET",
      path: "/api/session",
      summary: "Who asks.",
      query: NO_QUERY,
      answer: sessionSchema,
      problems: [401],
    },
    ({ request }) => {
      const actor = actorOf(request);
      if (actor !== "nobody") return { actor, needsToken: !tokens.isEmpty };
      throw new Refusal({ status: 401, code: "no-token", detail: "there is no session: POST a token here" });
    },
  );
  endpoints.add(
    {
      method: "DELETE",
      path: "/api/session",
      summary: "Ends the browser's session.",
      query: NO_QUERY,
      answer: "none",
    },
    ({ reply }) => {
      reply.code(204).header("set-cookie", NO_SESSION);
    },
  );
}
