const DEFAULT_KEEP_MS = 30_000;
const MARGIN_MS = 1_000;

/**
 * How long an idle connection is kept, by the `Keep-Alive` field of its last answer: a second less than the
 * instance says it will, so that no request meets a connection that is just being closed.
 */
export function keepMs(keepAlive: string | string[] | undefined): number {
  const seconds =
    typeof keepAlive === "string" ? /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1] : undefined;
  if (seconds === undefined) return DEFAULT_KEEP_MS;
  return Math.max(1, Math.min(DEFAULT_KEEP_MS, Number(seconds) * 1_000 - MARGIN_MS));
}
