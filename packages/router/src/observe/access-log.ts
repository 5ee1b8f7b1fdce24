// Request path 7 of 7: read -> match -> pick -> connect -> forward -> relay -> LOG.

import { type DestinationStream, type Logger, pino } from "pino";

import type { ExchangeObserver, ExchangeSummary } from "../request/exchange-summary.ts";
import { plainAddress } from "../request/trusted-peers.ts";
import { jsonFields } from "./json-line.ts";
import { LinesOfATurn } from "./lines-of-a-turn.ts";
import { pathOf } from "./path-of.ts";

/** `json`: one object a line; `clf`: Common Log Format, and what a router has to add; `off`: none. */
export type AccessLogFormat = "json" | "clf" | "off";

/** Where lines go: `json` to where the logger writes, `clf` as text. Those of one turn of the event loop come at once. */
export interface AccessLogSettings {
  readonly format: AccessLogFormat;
  readonly logger: Logger;
  readonly write: (lines: string) => void;
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
  if (format === "json") return jsonLog(logger);
  const lines = new LinesOfATurn(write);
  return (summary) => lines.add(`${clfLine(summary)}\n`);
}

/**
 * One object a line, as the logger writes its own: with its bindings, and to where it writes. pino keeps both under
 * symbols that it exports.
 */
function jsonLog(logger: Logger): ExchangeObserver {
  if (!logger.isLevelEnabled("info")) return () => undefined;
  const bindings = String(Reflect.get(logger, pino.symbols.chindingsSym));
  const stream: DestinationStream = Reflect.get(logger, pino.symbols.streamSym);
  const lines = new LinesOfATurn((text) => stream.write(text));
  return (summary) => {
    const time = Math.floor(summary.startedAt + summary.totalMs);
    lines.add(`{"level":30,"time":${time}${bindings},${jsonFields(summary)},"msg":"exchange"}\n`);
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
