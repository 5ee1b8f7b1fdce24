import type { AdminFlags } from "../admin/admin-options.ts";
import type { Stop } from "../stream/stop-signal.ts";
import { choose } from "./choose.ts";
import { Fleet } from "./fleet.ts";
import { followFleet } from "./follow-fleet.ts";
import { takeScreen } from "./full-screen.ts";
import { type TopView, renderTop } from "./render-top.ts";
import { selectRows } from "./select-rows.ts";

const REDRAW_MS = 1_000;
/** Lines that are no rows. */
const FRAME = 4;

/** Shows the fleet on the whole terminal until a key or a signal ends it. */
export async function showScreen(
  flags: AdminFlags,
  first: Pick<TopView, "order" | "filter">,
  stop: Stop,
): Promise<void> {
  const fleet = new Fleet();
  let view: TopView = { ...first, isTyping: false, offset: 0 };
  let notice = "";
  const draw = (): void => {
    const rows = selectRows(fleet.rows(), view);
    view = { ...view, offset: Math.min(view.offset, Math.max(0, rows.length - 1)) };
    const picture = { statuses: fleet.statuses(), totals: fleet.totals(), rows, view, notice };
    screen.draw(renderTop(picture, screen.width, screen.height));
  };
  const onKey = (key: string): void => {
    const choice = choose(view, key, screen.height - FRAME);
    if (choice === "quit") return stop.stop();
    view = choice;
    draw();
  };
  using screen = takeScreen(onKey, draw);
  draw();
  const timer = setInterval(draw, REDRAW_MS);
  const warn = (text: string): void => {
    notice = text;
    draw();
  };
  try {
    await followFleet(fleet, flags, { signal: stop.signal, warn, onChange: () => undefined });
  } finally {
    clearInterval(timer);
  }
}
