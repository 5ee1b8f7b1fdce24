import { get } from "node:http";

/** What a router's client got; `failure` is the router's own error code. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly failure: string | undefined;
}

const ANSWERS_WITHIN_MS = 20_000;

/** One GET to a router on loopback, on a connection of its own. Rejects when the answer is cut, or does not come. */
export function ask(port: number, host: string, path = "/"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where = { host: "127.0.0.1", port, path, headers: { host }, agent: false };
    const asked = get({ ...where, timeout: ANSWERS_WITHIN_MS }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const failure = answer.headers["x-wayleave-error"];
        resolve({
          status: answer.statusCode ?? 0,
          body,
          failure: typeof failure === "string" ? failure : undefined,
        });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no byte within ${ANSWERS_WITHIN_MS} ms`)));
    asked.on("error", reject);
  });
}
