// Drain, undrain, evict: what will happen is said before it does, by a dry run of the router itself.

import type { InstanceView } from "@wayleave/records/api";
import type { JSX } from "preact";

import { useKnown } from "../live/known.tsx";
import { useConfirm } from "./confirming.tsx";

type Action = "drain" | "undrain" | "evict";

const WORDS: Readonly<Record<Action, { title: string; button: string; says: string }>> = {
  drain: {
    title: "Drain",
    button: "Drain it",
    says: "It gets no new requests. Those that run may finish, and WebSockets live on. Its record and its lease stay, so undrain brings it back.",
  },
  undrain: { title: "Undrain", button: "Undrain it", says: "It gets new requests again." },
  evict: {
    title: "Evict",
    button: "Evict it",
    says: "Its record is deleted: it is out of every router at once. Requests that run may finish. The program itself is not stopped.",
  },
};

/** The buttons for one instance; each asks before it writes. */
export function InstanceActions({
  instance,
  isSmall = false,
}: {
  instance: InstanceView;
  isSmall?: boolean;
}): JSX.Element {
  const confirm = useConfirm();
  const writable = useKnown().world.status?.writable;
  const { app, id, revision, state } = instance;
  const why =
    revision === 0
      ? "its record is gone already"
      : writable?.isWritable === false
        ? (writable.why ?? "not writable")
        : undefined;
  const flow: Action = state === "draining" ? "undrain" : "drain";
  const name = `${app}/${id}`;
  return (
    <span class="actions">
      {[flow, "evict" as const].map((each) => (
        <button
          key={each}
          type="button"
          class={`${isSmall ? "small" : ""}${each === "evict" && !isSmall ? " grave" : ""}`}
          disabled={why !== undefined}
          title={why}
          aria-label={`${WORDS[each].title} ${name}`}
          onClick={() =>
            confirm({
              title: `${WORDS[each].title} ${name}?`,
              button: WORDS[each].button,
              isGrave: each === "evict",
              says: WORDS[each].says,
              write: { path: `/api/instance/${each}`, method: "POST", query: { app, id } },
              revision,
            })
          }
        >
          {WORDS[each].title}
        </button>
      ))}
    </span>
  );
}
