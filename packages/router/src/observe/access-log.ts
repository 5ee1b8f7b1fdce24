// Request path 7 of 7: read -> match -> pick -> connect -> forward -> relay -> LOG.

import type { Logger } from "pino";

import type { ExchangeObserver, ExchangeSummary } from "../request/exchange-summary.ts";
import { plainAddress } from "../request/trusted-peers.ts";

/** `json`: one object a line by pino; `clf`: Common Log Format, and what a router has to add; `off`: none. */
export type AccessLogFormat = "json" | "clf" | "off";

/** Where lines go: `json` to the logger, `clf` as text. */
export interface AccessLogSettings {
  readonly format: AccessLogFormat;
  readonly logger: Pick<Logger, "info">;
  readonly write: (line: string) => void;
}

/**
 * Makes the observer that writes one line for each exchange.
 *
 * A line has the path but neither the query nor any header of the client: reset links, OAuth codes and
 * signed URLs carry secrets in their queries, and a log is read by more people than they are meant for.
 */
export function createAccessLog(settings: AccessLogSettings): ExchangeObserver {
  const { format, logger, write } = settings;
  if (format === "off") return () => undefined;
  if (format === "clf") return (summary) => write(`${clfLine(summary)}\n`);
  return (summary) => logger.info(jsonLine(summary), "exchange");
}

function jsonLine(summary: ExchangeSummary): Record<string, unknown> {
  const { route, instance, retried } = summary;
  return {
    requestId: summary.requestId,
    client: clientOf(summary),
    peer: summary.forwardedClient === undefined ? undefined : plainAddress(summary.client.address),
    clientSubject: summary.clientSubject,
    method: summary.method,
    host: summary.host,
    path: pathOf(summary.target),
    httpVersion: summary.httpVersion,
    route: route && `${route.host}${route.path}`,
    app: summary.app,
    instance: instance?.id,
    address: instance?.authority,
    status: summary.status,
    failure: summary.failure,
    detail: summary.detail,
    attempts: summary.attempts,
    retried: retried.length === 0 ? undefined : retried,
    bytesIn: summary.bytesIn,
    bytesOut: summary.bytesOut,
    totalMs: round(summary.totalMs),
    instanceMs: round(summary.instanceMs),
    ownMs: round(summary.ownMs),
    upgraded: summary.isUpgraded ? true : undefined,
  };
}

/**
 * `client - - [date] "request" status bytes`, then `"host" "route" app instance failure attempts totalMs
 * instanceMs ownMs requestId`; `-` for what there is none of.
 */
function clfLine(summary: ExchangeSummary): string {
  const { method, target, httpVersion, route, instance } = summary;
  const request = method === "" ? "-" : `${method} ${pathOf(target)} HTTP/${httpVersion}`;
  return [
    clientOf(summary),
    "- -",
    `[${clfDate(summary.startedAt)}]`,
    quote(request),
    summary.status,
    summary.bytesOut,
    quote(summary.host === "" ? "-" : summary.host),
    quote(route === undefined ? "-" : `${route.host}${route.path}`),
    summary.app ?? "-",
    instance?.id ?? "-",
    summary.failure ?? "-",
    summary.attempts,
    round(summary.totalMs),
    round(summary.instanceMs),
    round(summary.ownMs),
    summary.requestId,
  ].join(" ");
}

function clientOf({ client, forwardedClient }: ExchangeSummary): string {
  return forwardedClient ?? plainAddress(client.address);
}

/** The target without its query; of an absolute-form without what stands before its host. */
function pathOf(target: string): string {
  const query = target.indexOf("?");
  return (query === -1 ? target : target.slice(0, query)).replace(/^(\w+:\/\/)[^/]*@/, "$1");
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** A target that was refused may hold anything: nothing of it may end the field or the line. */
function quote(text: string): string {
  return `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, escape)}"`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  return `\\x${code.toString(16).padStart(2, "0")}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

let second = -1;
let secondText = "";

/** `10/Oct/2000:13:55:36 +0000`; UTC, whatever the machine's zone. Made once a second. */
function clfDate(epochMs: number): string {
  const epochSecond = Math.floor(epochMs / 1_000);
  if (epochSecond !== second) {
    second = epochSecond;
    secondText = formatClfDate(epochMs);
  }
  return secondText;
}

function formatClfDate(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
