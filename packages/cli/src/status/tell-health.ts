import type { Output } from "../output/output.ts";
import { paint, printable } from "../output/paint.ts";
import type { StatusHealth, StatusReason } from "./judge-status.ts";
import type { RouteHealth } from "./route-health.ts";

const SHOWN = 10;
const STYLE = { ok: "green", degraded: "yellow", down: "red" } as const;
const WIDTH = "degraded".length + 2;

/** Tells what is wrong, the worst first, or that nothing is. */
export function tellHealth(
  output: Output,
  health: StatusHealth,
  routes: readonly RouteHealth[] | undefined,
): void {
  if (health.level === "ok") output.line(`${mark("ok")}nothing is wrong`);
  for (const reason of health.reasons) {
    output.line(mark(reason.level) + printable(sentence(reason, routes)));
    for (const line of routeLines(reason, routes)) output.line(`${" ".repeat(WIDTH + 2)}${printable(line)}`);
  }
}

function mark(level: keyof typeof STYLE): string {
  return paint(STYLE[level], level.padEnd(WIDTH));
}

function sentence(
  { text, names, code, routers, count: all }: StatusReason,
  routes: readonly RouteHealth[] | undefined,
): string {
  const more = all > names.length ? ` and ${all - names.length} more` : "";
  const isListed = routes !== undefined && code.startsWith("routes-") && routers.length === 0;
  const about = names.length === 0 || isListed || namesAll(text, names) ? "" : `: ${names.join(", ")}${more}`;
  const by = routers.length === 0 ? "" : ` (says ${routers.join(", ")})`;
  return text + about + by;
}

function namesAll(text: string, names: readonly string[]): boolean {
  return names.every((name) => text.includes(name));
}

/** Each route that the reason is about, with why. */
function routeLines(reason: StatusReason, routes: readonly RouteHealth[] = []): string[] {
  if (reason.routers.length > 0 || !reason.code.startsWith("routes-")) return [];
  const level = reason.code === "routes-down" ? "down" : "degraded";
  const concerned = routes.filter(({ health }) => health.level === level);
  const lines = concerned
    .slice(0, SHOWN)
    .map(({ name, health }) => `${name}: ${health.reasons.map(({ text }) => text).join("; ")}`);
  const left = concerned.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more; see wayleave status --json`] : lines;
}
