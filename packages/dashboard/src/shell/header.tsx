import type { JSX } from "preact";
import { useRef } from "preact/hooks";

import { formatCount, formatMs, formatShare, grouped } from "../format/numbers.ts";
import { toneOfHealth, wordOfHealth } from "../format/states.ts";
import { freshnessOf } from "../live/freshness.ts";
import { useKnown, useLive, useNow } from "../live/known.tsx";
import { Mark } from "../parts/mark.tsx";
import { hrefOf } from "./location.ts";
import type { Theme } from "./theme.ts";

export interface HeaderProps {
  readonly theme: Theme;
  readonly switchTheme: () => void;
  readonly openHelp: () => void;
}

/** Who this is, how fresh and how healthy all is, and how much goes through. */
export function Header({ theme, switchTheme, openHelp }: HeaderProps): JSX.Element {
  const known = useKnown();
  const freshness = freshnessOf(known, useNow());
  const { status } = known.world;
  return (
    <>
      <div class="top-line">
        <a class="brand" href={hrefOf([])}>
          <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
            <path
              d="M4 9l6 14 6-14 6 14 6-14"
              fill="none"
              stroke="currentColor"
              stroke-width="3.6"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
          </svg>
          Wayleave
        </a>
        <span role="status" class="top-state">
          <Mark tone={freshness.tone} word={freshness.word} isPill title="How fresh what is shown is" />
        </span>
        {status !== undefined && (
          <Mark
            tone={toneOfHealth(status.health.level)}
            word={wordOfHealth(status.health.level)}
            isPill
            title="The health of the whole"
          />
        )}
        <TopFigures />
        <div class="top-tools">
          <button
            type="button"
            class="plain"
            onClick={switchTheme}
            aria-label={`Switch to ${other(theme)}`}
            title="Theme (t)"
          >
            <ThemeIcon theme={theme} />
          </button>
          <button type="button" class="plain" onClick={openHelp} aria-label="Keys" title="Keys (?)">
            ?
          </button>
        </div>
      </div>
    </>
  );
}

/** What is not as it should be with the link to the router or to etcd; nothing when all is. */
export function Notice(): JSX.Element {
  const live = useLive();
  const known = useKnown();
  const { notice, tone } = freshnessOf(known, useNow());
  const newer = useNewerVersion();
  return (
    <div role="status">
      {notice !== undefined && known.link.state !== "locked" && (
        <div class={`notice ${tone === "bad" ? "bad" : "warn"}`}>
          <span>{notice}</span>
          {known.link.state === "lost" && (
            <button type="button" class="small" onClick={() => live.retry()}>
              Try now
            </button>
          )}
        </div>
      )}
      {newer !== undefined && (
        <div class="notice info">
          <span>The router is version {newer} now; this page came from another one.</span>
          <button type="button" class="small" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
    </div>
  );
}

/** The router's version, once it is not the one that this page came from. */
function useNewerVersion(): string | undefined {
  const version = useKnown().world.status?.version;
  const first = useRef(version);
  first.current ??= version;
  return version === first.current ? undefined : version;
}

function TopFigures(): JSX.Element {
  const { world } = useKnown();
  const last = world.totals.at(-1);
  const { status, replicas } = world;
  const behind = replicas.filter(({ isBehind }) => isBehind).length;
  const errorShare =
    last === undefined || last.requestsPerSecond === 0 ? 0 : last.errorsPerSecond / last.requestsPerSecond;
  return (
    <dl class="top-figures">
      <div>
        <dt>requests</dt>
        <dd>{last === undefined ? "–" : formatCount(last.requestsPerSecond)}/s</dd>
      </div>
      <div>
        <dt>errors</dt>
        <dd class={errorShare > 0 ? "bad-text" : ""}>{formatShare(errorShare)}</dd>
      </div>
      <div class="keep-3">
        <dt>p99</dt>
        <dd>{formatMs(last?.p99Ms)}</dd>
      </div>
      <div title="The etcd revision that this router's table has applied">
        <dt>revision</dt>
        <dd>{status === undefined ? "–" : grouped(status.revision)}</dd>
      </div>
      <div class="keep-3" title="Replicas that run, and those that are behind">
        <dt>replicas</dt>
        <dd class={behind > 0 ? "warn-text" : ""}>
          {replicas.length}
          {behind > 0 && ` (${behind} behind)`}
        </dd>
      </div>
    </dl>
  );
}

function other(theme: Theme): Theme {
  return theme === "dark" ? "light" : "dark";
}

function ThemeIcon({ theme }: { theme: Theme }): JSX.Element {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      {theme === "dark" ? (
        <g stroke="currentColor" stroke-width="1.5" stroke-linecap="round" fill="none">
          <circle cx="8" cy="8" r="3" />
          <path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1" />
        </g>
      ) : (
        <path
          d="M13.5 10A6 6 0 0 1 6 2.5a6 6 0 1 0 7.5 7.5z"
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
        />
      )}
    </svg>
  );
}
