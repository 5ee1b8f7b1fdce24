// The document of all that the admin listener answers (OpenAPI 3.1), made from what is declared.

import * as z from "zod";

import { problemSchema } from "@wayleave/records/api";

import type { Endpoint, Endpoints } from "./endpoints.ts";

const COMMON_PROBLEMS = [400, 401, 403, 421];

/** Adds `/api/openapi.json`. The document is made when it is asked for first. */
export function addOpenApi(endpoints: Endpoints, version: string): void {
  let document: object | undefined;
  const summary = "This document: all that the admin listener answers.";
  endpoints.tell("/api/openapi.json", { summary, answer: z.looseObject({ openapi: z.string() }) }, () => {
    document ??= openApiOf(endpoints.all, version);
    return document;
  });
}

/** The OpenAPI document of endpoints. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const operations = (paths[endpoint.path] ??= {});
    operations[endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Wayleave admin API",
      version,
      description: "What a router's admin listener answers. Refusals are problems (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{}, { token: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "wayleave_session" },
      },
    },
  };
}

function operationOf(endpoint: Endpoint): object {
  const { method, path, summary, body } = endpoint;
  return {
    operationId: operationId(method, path),
    summary,
    parameters: [...queryParameters(endpoint), ...headerParameters(endpoint)],
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body, "input") } } },
    }),
    responses: responsesOf(endpoint),
  };
}

function operationId(method: string, path: string): string {
  const words = path.split("/").filter((word) => word !== "" && word !== "api");
  return [method.toLowerCase(), ...words].map((word, at) => (at === 0 ? word : capital(word))).join("");
}

function capital(word: string): string {
  const plain = word.replaceAll(/[^A-Za-z]/g, "");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

function queryParameters({ query }: Endpoint): object[] {
  return Object.entries(query.shape).map(([name, each]) => {
    const schema = asType(each);
    const { description, ...rest } = jsonSchema(schema, "output");
    const required = !schema.safeParse(undefined).success;
    return { name, in: "query", required, ...(description !== undefined && { description }), schema: rest };
  });
}

function headerParameters({ headers = {} }: Endpoint): object[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
}

function responsesOf(endpoint: Endpoint): Record<string, object> {
  const { answer, alsoStatus = [], problems = [] } = endpoint;
  const statuses = new Set([
    ...COMMON_PROBLEMS,
    ...problems,
    ...(endpoint.body === undefined ? [] : [413, 415, 422]),
  ]);
  const responses: Record<string, object> = {};
  if (answer === "none") responses["204"] = { description: "Done." };
  else
    for (const status of [200, ...alsoStatus])
      responses[status] = { description: "The answer.", content: contentOf(endpoint) };
  for (const status of [...statuses].toSorted((a, b) => a - b)) responses[status] ??= PROBLEM;
  responses["default"] = PROBLEM;
  return responses;
}

const PROBLEM = {
  description: "Refused, with the reason.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

function contentOf({ answer, events }: Endpoint): object {
  if (answer === "none") return {};
  if (typeof answer !== "string") return { "application/json": { schema: jsonSchema(answer, "output") } };
  const data = events && jsonSchema(events, "output");
  const description = events && "The JSON that stands in `data` of each event is like `x-event-data`.";
  const schema = { type: "string", ...(description !== undefined && { description, "x-event-data": data }) };
  return { [answer]: { schema } };
}

function asType(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError("not a schema of zod's classic kind");
}

// Answers may have more fields in later versions, and records have any: nothing is said to be all.
function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return open(json);
}

function open(json: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(json, (key: string, value: unknown) =>
      key === "additionalProperties" && value === false ? undefined : value,
    ),
  );
}
