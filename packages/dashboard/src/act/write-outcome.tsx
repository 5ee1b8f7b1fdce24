import type { WriteResult } from "@wayleave/records/api";
import type { JSX } from "preact";

import { grouped } from "../format/numbers.ts";
import { Mark } from "../parts/mark.tsx";

/** What became of a write: whether every replica has it, or which do not. */
export function WriteOutcome({
  result: { revision, isApplied, behind = [] },
}: {
  result: WriteResult;
}): JSX.Element {
  if (revision === null) return <Mark tone="idle" word="Nothing changed: it was so already." />;
  if (isApplied === false)
    return (
      <Mark
        tone="warn"
        word={`Written at revision ${grouped(revision)}; not there yet: ${behind.join(", ") || "some replicas"}.`}
      />
    );
  const where = isApplied === true ? "Every replica has it." : "";
  return <Mark tone="ok" word={`Written at revision ${grouped(revision)}. ${where}`} />;
}
