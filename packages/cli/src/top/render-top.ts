import type { Status } from "@wayleave/records/api";

import { count } from "../output/count.ts";
import { cutTo } from "../output/columns.ts";
import { paint, printable } from "../output/paint.ts";
import { type Table, renderTable } from "../output/table.ts";
import type { TopRow, TopTotals } from "./fleet.ts";
import type { TopOrder } from "./select-rows.ts";

/** What a person has chosen on the screen. */
export interface TopView {
  readonly order: TopOrder;
  readonly filter: string;
  /** The filter is being typed. */
  readonly isTyping: boolean;
  /** Rows that are scrolled past. */
  readonly offset: number;
}

/** One picture of the screen. */
export interface TopPicture {
  readonly statuses: readonly Status[];
  readonly totals: TopTotals;
  /** Selected and in order. */
  readonly rows: readonly TopRow[];
  readonly view: TopView;
  /** The last word on lost routers. */
  readonly notice: string;
}

const STYLE = { ok: "green", degraded: "yellow", down: "red" } as const;
const KEYS = "sort: r requests, e errors, p p99, h health, n name  /: filter  q: quit";

/** The rows as a table. */
export function topTable(rows: readonly TopRow[]): Table {
  return {
    headings: ["ROUTE", "TO", "HEALTH", "LIVE", "REQ/S", "ERRORS", "P50 MS", "P95 MS", "P99 MS", "ACTIVE"],
    rows: rows.map((row) => [
      row.host + row.path,
      row.apps,
      row.health,
      `${row.live}/${row.instances}`,
      rate(row.requestsPerSecond),
      share(row.errorShare),
      ms(row.p50Ms),
      ms(row.p95Ms),
      ms(row.p99Ms),
      String(row.active),
    ]),
    spare: ["TO", "P50 MS", "ACTIVE", "P95 MS", "LIVE"],
    numbers: ["LIVE", "REQ/S", "ERRORS", "P50 MS", "P95 MS", "P99 MS", "ACTIVE"],
  };
}

/** The screen as lines, at most `height` of at most `width` columns. */
export function renderTop(picture: TopPicture, width: number, height: number): string[] {
  const { rows, view, notice } = picture;
  const head = [...headLines(picture, width), ""];
  const room = Math.max(1, height - head.length - 2); // the headings, and the keys
  const shown = rows.slice(view.offset, view.offset + room);
  const table = renderTable(topTable(shown), width).trimEnd().split("\n");
  const part = rows.length > shown.length ? `${shown.length} of ` : "";
  const by = `${part}${count(rows.length, "route")} by ${view.order}${view.filter === "" ? "" : `, with "${printable(view.filter)}"`}`;
  const foot = view.isTyping
    ? `filter: ${printable(view.filter)}_  (Enter keeps it, Esc drops it)`
    : `${by}  ${notice === "" ? KEYS : printable(notice)}`;
  const body = rows.length === 0 ? [emptyLine(view)] : table;
  const padding = Array.from({ length: Math.max(0, height - head.length - body.length - 1) }, () => "");
  return [...head, ...body, ...padding, paint("dim", cutTo(foot, width))];
}

function headLines({ statuses, totals }: TopPicture, width: number): string[] {
  const title = `wayleave top  ${statuses.map(routerText).join("  ") || "waiting for a router"}`;
  const figures =
    `${rate(totals.requestsPerSecond)} req/s  ${rate(totals.errorsPerSecond)} errors/s  p50 ${ms(totals.p50Ms)}  ` +
    `p95 ${ms(totals.p95Ms)}  p99 ${ms(totals.p99Ms)} ms  ${totals.active} active  ${count(totals.connections, "connection")}`;
  const reasons = new Set(
    statuses.flatMap(({ health }) => health.reasons.map(({ level, text }) => `${level}: ${text}`)),
  );
  const worst = statuses.some(({ health }) => health.level === "down") ? "down" : "degraded";
  return [
    paint("bold", cutTo(title, width)),
    cutTo(figures, width),
    ...(reasons.size === 0 ? [] : [paint(STYLE[worst], cutTo(printable([...reasons].join("; ")), width))]),
  ];
}

function routerText({ id, state, revision, stalenessSeconds }: Status): string {
  const how = state === "live" ? "live" : `${state}, ${Math.round(stalenessSeconds ?? 0)} s old`;
  return `${printable(id)}@${revision} ${how}`;
}

function emptyLine({ filter }: TopView): string {
  return filter === "" ? "no routes yet: wayleave routes set HOST --to APP" : "no route has that in it";
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? Math.round(perSecond).toLocaleString("en-US") : perSecond.toFixed(1);
}

function share(part: number): string {
  return `${(part * 100).toFixed(part > 0 && part < 0.1 ? 2 : 0)}%`;
}

function ms(value: number | null): string {
  if (value === null) return "-";
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
