import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** What a load has seen: every answer by its status, and every request that got none. */
export interface LoadResult {
  readonly total: number;
  readonly byStatus: Readonly<Record<number, number>>;
  /** Answers by their body, for apps that answer their own name. */
  readonly byBody: Readonly<Record<string, number>>;
  /** Requests without a whole answer: the error's text. */
  readonly errors: readonly string[];
}

export interface LoadOptions {
  /** Where each request goes; several are taken in turn. Loopback only. */
  readonly ports: readonly number[];
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  /** Requests under way at once; default 8. */
  readonly concurrency?: number;
  /** Between two requests of one client, in milliseconds; default 0. */
  readonly pauseMs?: number;
}

/** A closed loop of requests that goes on until it is stopped. */
export interface Load {
  /** What has been seen so far. */
  result(): LoadResult;
  /** Lets the requests under way end, and gives what was seen. */
  stop(): Promise<LoadResult>;
}

/** Starts sending requests over kept-alive connections: as many at once as `concurrency` says, each followed by the next. */
export function startLoad(options: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const seen = { total: 0, byStatus: {} as Record<number, number>, byBody: {} as Record<string, number> };
  const errors: string[] = [];
  const stopping = new AbortController();
  let turn = 0;

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const port = options.ports[turn++ % options.ports.length] ?? 0;
      try {
        const { status, body } = await exchange(agent, port, options);
        seen.byStatus[status] = (seen.byStatus[status] ?? 0) + 1;
        seen.byBody[body] = (seen.byBody[body] ?? 0) + 1;
      } catch (error) {
        errors.push(String(error));
      }
      seen.total += 1;
      if (options.pauseMs !== undefined) await delay(options.pauseMs);
    }
  }

  const loops = Array.from({ length: options.concurrency ?? 8 }, loop);
  const result = (): LoadResult => ({ ...seen, errors });
  return {
    result,
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      agent.destroy();
      return result();
    },
  };
}

function exchange(
  agent: Agent,
  port: number,
  options: LoadOptions,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: "127.0.0.1",
        port,
        method: options.method ?? "GET",
        path: options.path ?? "/",
        headers: { host: options.host },
        timeout: 30_000,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 30 s")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}
