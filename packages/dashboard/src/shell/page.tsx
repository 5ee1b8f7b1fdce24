// The whole page: the header that stays, and the view that the address names.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useKnown } from "../live/known.tsx";
import { Header, Notice } from "./header.tsx";
import { Help } from "./help.tsx";
import { onKeys } from "./keys.ts";
import { goTo, hrefOf, useLocation } from "./location.ts";
import { Login } from "./login.tsx";
import { Nav } from "./nav.tsx";
import { useTheme } from "./theme.ts";
import { VIEWS } from "./views.ts";

/** The page. */
export function Page(): JSX.Element {
  const { steps } = useLocation();
  const known = useKnown();
  const [isHelping, setHelping] = useState(false);
  const { theme, switchTheme } = useTheme();
  const top = useRef<HTMLElement>(null);
  const view = VIEWS.find(({ step }) => step === (steps[0] ?? ""));
  useEffect(() => {
    const views = VIEWS.flatMap(({ key, step }) =>
      key === undefined ? [] : [[`g ${key}`, () => goTo(hrefOf(step === "" ? [] : [step]))] as const],
    );
    return onKeys({ ...Object.fromEntries(views), "?": () => setHelping(true) });
  }, []);
  useEffect(() => onKeys({ t: switchTheme }), [theme]);
  useTopHeight(top);
  useTitle(view?.title ?? "Not found");
  const Shown = view?.show;
  const isLocked = known.link.state === "locked";
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header ref={top} class="top">
        <Header theme={theme} switchTheme={switchTheme} openHelp={() => setHelping(true)} />
        <Notice />
        <Nav view={view} />
      </header>
      <main id="main" tabIndex={-1}>
        {!isLocked && view !== undefined && view.hasHeading !== true && <h1 class="unseen">{view.title}</h1>}
        {isLocked ? <Login /> : Shown === undefined ? <NoView /> : <Shown />}
      </main>
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

function NoView(): JSX.Element {
  return (
    <div class="sheet empty">
      <h1>There is no such view</h1>
      <p>
        <a href={hrefOf([])}>Overview</a>
      </p>
    </div>
  );
}

/** The title says how things are, for whoever looks at the tabs only. */
function useTitle(name: string): void {
  const { world, link } = useKnown();
  const level = world.status?.health.level ?? "ok";
  const state = link.state === "lost" ? "reconnecting" : level === "ok" ? "" : level;
  useEffect(() => {
    document.title = [state, name, "Wayleave"].filter((part) => part !== "").join(" · ");
  }, [state, name]);
}

/** Heads of tables stick below the header, whose height changes with what it has to say. */
function useTopHeight(top: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const resized = new ResizeObserver(() => {
      document.documentElement.style.setProperty("--top-px", `${top.current?.offsetHeight ?? 0}px`);
    });
    if (top.current !== null) resized.observe(top.current);
    return () => resized.disconnect();
  }, [top]);
}
