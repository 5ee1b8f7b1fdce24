// The shared worker: it lives as long as any tab of the page does.

import { Hub, type Tab } from "./hub.ts";
import type { ToWorker } from "./port-messages.ts";

const hub = new Hub();

addEventListener("connect", (event) => {
  const port = event instanceof MessageEvent ? event.ports[0] : undefined;
  if (port === undefined) return;
  const tab: Tab = { tell: (message) => port.postMessage(message) };
  port.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => hub.take(tab, data));
  port.start();
  hub.add(tab);
});
