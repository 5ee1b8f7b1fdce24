import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

import type { Known, Live } from "./live.ts";

/** The one {@link Live} of the page. */
export const LiveContext = createContext<Live | undefined>(undefined);

/** The page's {@link Live}; throws outside of its context. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("there is no Live above");
  return live;
}

/** What is known; draws again when that changes. */
export function useKnown(): Known {
  const live = useLive();
  const [known, setKnown] = useState(live.known);
  useEffect(() => {
    setKnown(live.known);
    return live.subscribe(() => setKnown(live.known));
  }, [live]);
  return known;
}

/** This machine's clock in epoch milliseconds; draws again each second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
