import type { TapMessage, TapSample } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { formatMs, grouped } from "../format/numbers.ts";
import { Following, type Link } from "../live/follow.ts";
import { Mark, type Tone } from "../parts/mark.tsx";
import { changeQuery, hrefOf, useLocation } from "../shell/location.ts";
import { Time } from "./events.tsx";

const MOST = 300;
const RATE = "20";

interface Tapped {
  readonly samples: readonly TapSample[];
  readonly skipped: number;
}

/** Requests as they end: a sample of those that fit. */
export function Tap(): JSX.Element {
  const { query } = useLocation();
  const filter = {
    host: query.get("host") ?? "",
    app: query.get("app") ?? "",
    status: query.get("status") ?? "",
  };
  const [isPaused, setPaused] = useState(false);
  const { tapped, link, clear } = useTap(filter, isPaused);
  return (
    <div class="stack">
      <div class="table-bar">
        {(["host", "app", "status"] as const).map((name) => (
          <input
            key={name}
            aria-label={`Only this ${name}`}
            placeholder={name === "status" ? "status: 5xx, 404" : name}
            value={filter[name]}
            size={14}
            spellcheck={false}
            autocomplete="off"
            onChange={(event) => changeQuery({ [name]: event.currentTarget.value.trim() })}
          />
        ))}
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? "Go on" : "Pause"}
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
        <TapState link={link} isPaused={isPaused} tapped={tapped} />
      </div>
      {tapped.samples.length === 0 ? (
        <div class="sheet empty">
          <p>{isPaused ? "Paused." : "Waiting for a request. Send one through the router:"}</p>
          {!isPaused && <code class="command">curl -H 'Host: shop.example.com' http://127.0.0.1:8080/</code>}
        </div>
      ) : (
        <Samples samples={tapped.samples} />
      )}
    </div>
  );
}

function TapState({
  link,
  isPaused,
  tapped,
}: {
  link: Link | undefined;
  isPaused: boolean;
  tapped: Tapped;
}): JSX.Element {
  const [tone, word]: readonly [Tone, string] = isPaused
    ? ["idle", "paused"]
    : link?.state === "live"
      ? ["ok", "live"]
      : link?.state === "lost"
        ? ["bad", `reconnecting: ${link.why}`]
        : ["idle", "connecting"];
  return (
    <output>
      <Mark tone={tone} word={word} />
      <span class="quiet">
        {" "}
        {grouped(tapped.samples.length)} shown
        {tapped.skipped > 0 && `, ${grouped(tapped.skipped)} more above ${RATE} a second`}
      </span>
    </output>
  );
}

function Samples({ samples }: { samples: readonly TapSample[] }): JSX.Element {
  return (
    <table class="data" aria-label="Sampled requests">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Status</th>
          <th scope="col">Request</th>
          <th scope="col" class="keep-2">
            Instance
          </th>
          <th scope="col" class="number">
            Total
          </th>
          <th scope="col" class="number keep-3" title="Of it, the instance's part">
            Instance
          </th>
          <th scope="col" class="number keep-3" title="Of it, the router's own part">
            Own
          </th>
          <th scope="col" class="keep-3">
            Client
          </th>
        </tr>
      </thead>
      <tbody>
        {samples.map((sample) => (
          <SampleRow key={sample.requestId + sample.at} sample={sample} />
        ))}
      </tbody>
    </table>
  );
}

function SampleRow({ sample }: { sample: TapSample }): JSX.Element {
  const {
    at,
    status,
    failure,
    method,
    host,
    path,
    app,
    instance,
    attempts,
    totalMs,
    instanceMs,
    ownMs,
    client,
    clientSubject,
  } = sample;
  const tone: Tone = failure !== null || status >= 500 ? "bad" : status >= 400 ? "warn" : "ok";
  const request = `${method} ${host}${path}`;
  return (
    <tr>
      <td>
        <Time at={at} />
      </td>
      <td>
        <Mark tone={tone} word={failure === null ? String(status) : `${status} ${failure}`} />
      </td>
      <td class="wide">
        <a href={hrefOf(["explain"], { url: `http://${host}${path}`, method })} title={`Explain ${request}`}>
          {request}
        </a>
      </td>
      <td class="keep-2">
        {app === null ? <span class="quiet">–</span> : `${app}/${instance ?? ""}`}
        {attempts > 1 && <span class="warn-text"> attempt {attempts}</span>}
      </td>
      <td class="number">{formatMs(totalMs)}</td>
      <td class="number keep-3">{formatMs(instanceMs)}</td>
      <td class="number keep-3">{formatMs(ownMs)}</td>
      <td class="keep-3">
        {client}
        {typeof clientSubject === "string" && <span class="quiet"> {clientSubject}</span>}
      </td>
    </tr>
  );
}

/** Follows the tap while it is looked at: a hidden page needs no requests, and a browser has few connections. */
function useTap(
  filter: { host: string; app: string; status: string },
  isPaused: boolean,
): { tapped: Tapped; link: Link | undefined; clear: () => void } {
  const [tapped, setTapped] = useState<Tapped>({ samples: [], skipped: 0 });
  const [link, setLink] = useState<Link>();
  const waiting = useRef<TapMessage[]>([]);
  const isVisible = useIsVisible();
  const { host, app, status } = filter;
  useEffect(() => {
    if (isPaused || !isVisible) return undefined;
    const said = Object.entries({ host, app, status, rate: RATE }).filter(([, value]) => value !== "");
    const following = new Following(`/api/tap?${new URLSearchParams(said).toString()}`, {
      link: setLink,
      event: ({ data }) => {
        const message: TapMessage = JSON.parse(data);
        if (waiting.current.push(message) > 1) return;
        // However many come, a frame draws them once.
        requestAnimationFrame(() => {
          const messages = waiting.current.splice(0);
          setTapped((before) => added(before, messages));
        });
      },
    });
    return () => following.close();
  }, [host, app, status, isPaused, isVisible]);
  return { tapped, link, clear: () => setTapped({ samples: [], skipped: 0 }) };
}

function added(before: Tapped, messages: readonly TapMessage[]): Tapped {
  const more = messages.flatMap(({ samples }) => samples).toReversed();
  const skipped = messages.reduce((sum, message) => sum + message.skipped, before.skipped);
  return { samples: [...more, ...before.samples].slice(0, MOST), skipped };
}

function useIsVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const onChange = (): void => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", onChange);
    return () => document.removeEventListener("visibilitychange", onChange);
  }, []);
  return isVisible;
}
