import { describe, expect, it } from "vitest";

import { columnsOf } from "../output/columns.ts";
import { routeView, snapshot, statusView } from "../testing/views.ts";
import { streamMessageSchema } from "@wayleave/records/api";
import { Fleet } from "./fleet.ts";
import { type TopView, renderTop } from "./render-top.ts";
import { selectRows } from "./select-rows.ts";

const VIEW: TopView = { order: "requests", filter: "", isTyping: false, offset: 0 };

function draw(view: Partial<TopView>, width: number, height: number): string[] {
  const fleet = new Fleet();
  const routes = [
    routeView("a-very-long-host-name.of-some-customer.example.com", 3, { p99Ms: 900 }),
    routeView("busy.com", 1_234),
    routeView("broken.com", 5, { errorShare: 0.5 }),
    ...Array.from({ length: 30 }, (_, n) => routeView(`idle${n}.com`, 0)),
  ];
  const status = statusView({ state: "reconnecting", stalenessSeconds: 7 });
  for (const message of snapshot(routes, status)) fleet.take(streamMessageSchema.parse(message), "a");
  const shown = { ...VIEW, ...view };
  const rows = selectRows(fleet.rows(), shown);
  const picture = { statuses: fleet.statuses(), totals: fleet.totals(), rows, view: shown, notice: "" };
  return renderTop(picture, width, height);
}

describe("the screen of top", () => {
  it.each([
    [120, 24],
    [80, 10],
    [40, 8],
  ])("fits %d columns and %d lines", (width, height) => {
    const lines = draw({}, width, height);
    expect(lines).toHaveLength(height);
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
  });

  it("says how routers are, shows the busiest first, and how many there are", () => {
    const lines = draw({}, 120, 12);
    expect(lines[0]).toContain("router-1@42 reconnecting, 7 s old");
    expect(lines[4]).toMatch(/^busy\.com\/ +shop +ok +1\/2 +1,234 +0% /);
    expect(lines.at(-1)).toContain("7 of 33 routes by requests");
  });

  it.each([
    ["errors", "broken.com/"],
    ["p99", "a-very-long-host"],
    ["name", "a-very-long-host"],
  ] as const)("by %s shows %s first", (order, first) => {
    expect(draw({ order }, 120, 24)[4]).toContain(first);
  });

  it("filters, and says when nothing is left", () => {
    expect(draw({ filter: "BUSY" }, 120, 24).at(-1)).toContain('1 route by requests, with "BUSY"');
    expect(draw({ filter: "none" }, 120, 24)[3]).toBe("no route has that in it");
    expect(draw({ filter: "bu", isTyping: true }, 120, 24).at(-1)).toContain("filter: bu_");
  });
});
