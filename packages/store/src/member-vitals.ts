// What a member tells by HTTP and not by gRPC: its metrics, and by the Date of the answer its clock.

import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { text } from "node:stream/consumers";

import type { MemberVitals, StoreSettings } from "./store.ts";

/** HTTP's Date is cut to whole seconds: the clock stood half a second later, on average. */
const DATE_LAG_MS = 500;

/** Asks one endpoint for its metrics. Never rejects: what is wrong is in the answer. */
export async function memberVitals(
  endpoint: string,
  tls: StoreSettings["tls"],
  timeoutMs: number,
): Promise<MemberVitals> {
  const sentAt = Date.now();
  try {
    const { date, metrics } = await readMetrics(endpoint, tls, timeoutMs);
    const middle = (sentAt + Date.now()) / 2;
    const quotaBytes = valueOf(metrics, "etcd_server_quota_backend_bytes");
    const compactedRevision = valueOf(metrics, "etcd_debugging_mvcc_compact_revision");
    return {
      endpoint,
      ...(!Number.isNaN(date) && { clockAheadMs: Math.round(date + DATE_LAG_MS - middle) }),
      ...(quotaBytes !== undefined && { quotaBytes }),
      ...(compactedRevision !== undefined && { compactedRevision }),
    };
  } catch (error) {
    return { endpoint, error: error instanceof Error ? error.message : String(error) };
  }
}

async function readMetrics(
  endpoint: string,
  tls: StoreSettings["tls"] = {},
  timeoutMs: number,
): Promise<{ readonly date: number; readonly metrics: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ date: number; metrics: string }>();
  const options = { agent: false, signal: AbortSignal.timeout(timeoutMs) };
  const certificates = { ca: tls.ca, cert: tls.certificate, key: tls.key };
  const request = endpoint.startsWith("https:")
    ? getSecure(`${endpoint}/metrics`, { ...options, ...certificates })
    : getPlain(`${endpoint}/metrics`, options);
  request.on("error", reject);
  request.on("response", (answer) => {
    if (answer.statusCode !== 200) {
      answer.destroy();
      reject(new Error(`/metrics answers ${answer.statusCode}`));
      return;
    }
    const date = Date.parse(answer.headers.date ?? "");
    text(answer).then((metrics) => resolve({ date, metrics }), reject);
  });
  return await promise;
}

function valueOf(metrics: string, name: string): number | undefined {
  const value = new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1];
  return value === undefined ? undefined : Number(value);
}
