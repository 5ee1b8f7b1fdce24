import { request as requestInClear } from "node:http";
import { request as requestOverTls } from "node:https";

import type { EtcdTls } from "./certificates.ts";

const TIMEOUT_MS = 2_000;

/** The JSON face of one etcd member: enough to ask for its health and to set up users. */
export class EtcdHttp {
  readonly #endpoint: string;
  readonly #tls: EtcdTls | undefined;

  constructor(endpoint: string, tls: EtcdTls | undefined) {
    this.#endpoint = endpoint;
    this.#tls = tls;
  }

  /** Whether the member serves and its cluster has a leader. */
  async isHealthy(): Promise<boolean> {
    try {
      const { status, body } = await this.#send("GET", "/health");
      return status === 200 && body.includes('"true"');
    } catch {
      return false;
    }
  }

  /** Calls one method of etcd's JSON gateway, e.g. `/v3/auth/enable`; throws unless it answers 200. */
  async call(path: string, message: object): Promise<object> {
    const { status, body } = await this.#send("POST", path, JSON.stringify(message));
    if (status !== 200) throw new Error(`etcd answered ${path} with ${status}: ${body}`);
    const answer: object = JSON.parse(body);
    return answer;
  }

  #send(method: string, path: string, body = ""): Promise<{ status: number; body: string }> {
    const request = this.#tls === undefined ? requestInClear : requestOverTls;
    const credentials =
      this.#tls === undefined ? {} : { ca: this.#tls.ca, cert: this.#tls.certificate, key: this.#tls.key };
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.#endpoint),
        { method, agent: false, timeout: TIMEOUT_MS, ...credentials },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        },
      );
      sent.on("error", reject);
      sent.on("timeout", () => sent.destroy(new Error(`${path} was not answered within ${TIMEOUT_MS} ms`)));
      sent.end(body);
    });
  }
}
