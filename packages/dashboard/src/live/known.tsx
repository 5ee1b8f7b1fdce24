// What is known and what time it is, for every part of the page: one subscription and one clock, however many rows there are.

import { type ComponentChildren, type JSX, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

import type { Known, Live } from "./live.ts";

const LiveContext = createContext<Live | undefined>(undefined);
const KnownContext = createContext<Known | undefined>(undefined);
const NowContext = createContext(0);

/** Gives all that is below it what `live` knows. */
export function KnownProvider({ live, children }: { live: Live; children: ComponentChildren }): JSX.Element {
  const [known, setKnown] = useState(live.known);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setKnown(live.known);
    return live.subscribe(() => setKnown(live.known));
  }, [live]);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <LiveContext.Provider value={live}>
      <KnownContext.Provider value={known}>
        <NowContext.Provider value={now}>{children}</NowContext.Provider>
      </KnownContext.Provider>
    </LiveContext.Provider>
  );
}

/** The page's {@link Live}. */
export function useLive(): Live {
  return given(useContext(LiveContext));
}

/** What is known; draws again when that changes. */
export function useKnown(): Known {
  return given(useContext(KnownContext));
}

/** This machine's clock in epoch milliseconds; draws again each second. */
export function useNow(): number {
  return useContext(NowContext);
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("there is no KnownProvider above");
  return value;
}
