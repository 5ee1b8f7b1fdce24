import type { FastifyReply } from "fastify";

/** Answers with a problem (RFC 9457). */
export function sendProblem(
  reply: FastifyReply,
  { status, title, detail }: { status: number; title: string; detail: string },
): FastifyReply {
  return reply
    .code(status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify({ title, status, detail }));
}
