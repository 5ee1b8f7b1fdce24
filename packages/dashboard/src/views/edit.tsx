import type { RecordView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Answer, ask } from "../api/ask.ts";
import { RecordEditor } from "../act/record-editor.tsx";
import { useKnown } from "../live/known.tsx";
import { routeHref } from "../parts/links.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";
import { useLocation } from "../shell/location.ts";

const NEW_ROUTE = { to: [{ app: "shop" }] };

/** A route's record, to be changed or made. */
export function EditRoute(): JSX.Element {
  const { query } = useLocation();
  const { host, path } = { host: query.get("host") ?? "", path: query.get("path") ?? "/" };
  if (host === "") return <NewRoute />;
  return (
    <Editing
      title={`Edit ${host}${path}`}
      path="/api/route"
      query={{ host, path }}
      back={routeHref({ host, path })}
      fallback={NEW_ROUTE}
    />
  );
}

/** The settings of every router of this prefix. */
export function Settings(): JSX.Element {
  return (
    <Editing
      title="Settings"
      says="Defaults for every route, and limits of the listeners. A change is in force in every router at one revision, without a restart."
      path="/api/settings"
      query={{}}
      fallback={{}}
    />
  );
}

function NewRoute(): JSX.Element {
  const [place, setPlace] = useState({ host: "", path: "/" });
  const [typed, setTyped] = useState(place);
  if (place.host !== "")
    return (
      <Editing
        title={`New route ${place.host}${place.path}`}
        path="/api/route"
        query={place}
        back={routeHref(place)}
        fallback={NEW_ROUTE}
      />
    );
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setPlace({ host: typed.host.trim(), path: typed.path.trim() || "/" });
      }}
    >
      <h1>New route</h1>
      <div class="question sheet sheet-body">
        <label class="field grow">
          Host
          <input
            required
            value={typed.host}
            placeholder="shop.example.com, *.example.com"
            onInput={(event) => setTyped({ ...typed, host: event.currentTarget.value })}
          />
        </label>
        <label class="field grow">
          Path
          <input
            value={typed.path}
            onInput={(event) => setTyped({ ...typed, path: event.currentTarget.value })}
          />
        </label>
        <button type="submit" class="main">
          Go on
        </button>
      </div>
    </form>
  );
}

interface EditingProps {
  readonly title: string;
  readonly says?: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly back?: string;
  /** What to begin with where there is no record. */
  readonly fallback: object;
}

function Editing({ title, says, path, query, back, fallback }: EditingProps): JSX.Element {
  const [answer, setAnswer] = useState<Answer<RecordView>>();
  const asked = JSON.stringify(query);
  useEffect(() => {
    setAnswer(undefined);
    void ask<RecordView>(path, { query }).then(setAnswer);
  }, [path, asked]);
  const writable = useKnown().world.status?.writable;
  const isMissing = answer?.ok === false && answer.problem.status === 404;
  return (
    <div class="stack">
      <div class="title-line">
        <h1>{title}</h1>
        {back !== undefined && !isMissing && (
          <a class="quiet" href={back}>
            back to it
          </a>
        )}
      </div>
      {says !== undefined && <p class="quiet">{says}</p>}
      {writable?.isWritable === false && <p class="problem">It cannot be written here: {writable.why}</p>}
      {answer?.ok === false && !isMissing && <ProblemBox problem={answer.problem} />}
      {(answer?.ok === true || isMissing) && (
        <RecordEditor
          key={path + asked}
          write={{ path, method: "PUT", query }}
          revision={answer.ok ? answer.body.revision : 0}
          record={(answer.ok ? answer.body.record : null) ?? fallback}
          isWritable={writable?.isWritable !== false}
          page={back}
        />
      )}
    </div>
  );
}
