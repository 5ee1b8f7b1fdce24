import { STATUS_CODES } from "node:http";

import type { Problem } from "@wayleave/records/api";
import type { FastifyReply } from "fastify";

/** A problem without what follows from its status. */
export type ProblemFacts = Omit<Problem, "title">;

/** Thrown by whoever answers: the request is refused with this problem. */
export class Refusal extends Error {
  readonly problem: ProblemFacts;

  constructor(problem: ProblemFacts) {
    super(problem.detail);
    this.name = "Refusal";
    this.problem = problem;
  }
}

/** Answers with a problem (RFC 9457). */
export function sendProblem(reply: FastifyReply, problem: ProblemFacts): FastifyReply {
  const title = STATUS_CODES[problem.status] ?? "Problem";
  return reply
    .code(problem.status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify({ title, ...problem }));
}
