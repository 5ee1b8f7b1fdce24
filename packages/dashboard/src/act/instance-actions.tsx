// Drain, undrain, evict: what will happen is said before it does, by a dry run of the router itself.

import type { InstanceView } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useKnown } from "../live/known.tsx";
import { ConfirmWrite } from "./confirm-write.tsx";

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

/** The buttons for one instance, and the dialog of the one that was pressed. */
export function InstanceActions({
  instance,
  isSmall = false,
}: {
  instance: InstanceView;
  isSmall?: boolean;
}): JSX.Element {
  const [action, setAction] = useState<Action>();
  const writable = useKnown().world.status?.writable;
  const isGone = instance.revision === 0;
  const why = isGone
    ? "its record is gone already"
    : writable?.isWritable === false
      ? (writable.why ?? "not writable")
      : undefined;
  const flow: Action = instance.state === "draining" ? "undrain" : "drain";
  const name = `${instance.app}/${instance.id}`;
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
          onClick={() => setAction(each)}
        >
          {WORDS[each].title}
        </button>
      ))}
      {action !== undefined && (
        <ConfirmWrite
          title={`${WORDS[action].title} ${name}?`}
          button={WORDS[action].button}
          isGrave={action === "evict"}
          says={WORDS[action].says}
          write={{
            path: `/api/instance/${action}`,
            method: "POST",
            query: { app: instance.app, id: instance.id },
          }}
          revision={instance.revision}
          onClose={() => setAction(undefined)}
        />
      )}
    </span>
  );
}
