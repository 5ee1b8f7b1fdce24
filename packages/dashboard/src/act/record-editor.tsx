// A record as text, with its most used parts as fields: preview first, then write. When somebody else wrote it meanwhile, both are shown, and one is chosen.

import type { Problem, WriteResult } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ProblemBox } from "../parts/problem-box.tsx";
import { type Write, sendWrite } from "./confirm-write.tsx";
import { diffLines } from "./diff-lines.ts";
import { PolicyForm } from "./policy-form.tsx";
import { DiffView, Preview, recordText } from "./preview.tsx";
import { isObject } from "./record-fields.ts";
import { WriteOutcome } from "./write-outcome.tsx";

export interface RecordEditorProps {
  readonly write: Write;
  readonly revision: number;
  readonly record: unknown;
  readonly isWritable: boolean;
  /** Where what was written is seen. */
  readonly page?: string | undefined;
}

/** What became of the last thing that was tried. */
type Outcome =
  | { readonly kind: "none" }
  | { readonly kind: "preview"; readonly result: WriteResult }
  | { readonly kind: "done"; readonly result: WriteResult }
  | { readonly kind: "problem"; readonly problem: Problem };

/** The text of a record, what would become of it, and what did. */
export function RecordEditor(props: RecordEditorProps): JSX.Element {
  const { typed, type, outcome, isBusy, run, take } = useRecord(props);
  const current = currentOf(outcome);
  return (
    <div class="halves">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run("dryRun");
        }}
      >
        <Fields typed={typed} type={type} isRoute={props.write.path === "/api/route"} />
        <label class="field">
          Record
          <textarea
            rows={Math.min(32, Math.max(14, typed.split("\n").length + 2))}
            value={typed}
            spellcheck={false}
            onInput={(event) => type(event.currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="submit" disabled={isBusy}>
            Preview
          </button>
          <button
            type="button"
            class="main"
            disabled={isBusy || !props.isWritable || outcome.kind !== "preview"}
            title={outcome.kind === "preview" ? undefined : "Preview it first"}
            onClick={() => void run("wait")}
          >
            {isBusy ? "One moment" : "Write it"}
          </button>
        </div>
      </form>
      <section class="sheet sheet-body stack" aria-label="Preview" aria-live="polite">
        <OutcomeView outcome={outcome} />
        {outcome.kind === "done" && props.page !== undefined && <a href={props.page}>See it</a>}
        {current !== undefined && (
          <Conflict
            mine={typed}
            theirs={recordText(current.record)}
            revision={current.revision}
            take={take}
          />
        )}
      </section>
    </div>
  );
}

function Fields({
  typed,
  type,
  isRoute,
}: Pick<EditedRecord, "typed" | "type"> & { isRoute: boolean }): JSX.Element {
  const parsed = parse(typed);
  if ("value" in parsed && isObject(parsed.value))
    return (
      <PolicyForm record={parsed.value} change={(record) => type(recordText(record))} isRoute={isRoute} />
    );
  return <p class="quiet">The fields are back when the text is the JSON of a record again.</p>;
}

function OutcomeView({ outcome }: { outcome: Outcome }): JSX.Element {
  switch (outcome.kind) {
    case "none":
      return (
        <p class="quiet">The preview says which requests would be affected, before anything is written.</p>
      );
    case "preview":
      return <Preview result={outcome.result} />;
    case "done":
      return <WriteOutcome result={outcome.result} />;
    case "problem":
      return <ProblemBox problem={outcome.problem} />;
  }
}

interface EditedRecord {
  readonly typed: string;
  readonly type: (typed: string) => void;
  readonly outcome: Outcome;
  readonly isBusy: boolean;
  readonly run: (how: "dryRun" | "wait") => Promise<void>;
  /** Ends a conflict: theirs comes into the editor, or mine is previewed over theirs. */
  readonly take: (isTheirs: boolean) => void;
}

function useRecord({ write, ...given }: RecordEditorProps): EditedRecord {
  const [revision, setRevision] = useState(given.revision);
  const [typed, setTyped] = useState(recordText(given.record));
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const [isBusy, setBusy] = useState(false);
  const run = async (how: "dryRun" | "wait", at = revision): Promise<void> => {
    const body = parse(typed);
    if ("problem" in body) return setOutcome({ kind: "problem", problem: body.problem });
    setBusy(true);
    const answer = await sendWrite({ ...write, body: body.value }, at, how);
    setBusy(false);
    if (!answer.ok) return setOutcome({ kind: "problem", problem: answer.problem });
    if (how === "wait") setRevision(answer.body.revision ?? at);
    setOutcome({ kind: how === "wait" ? "done" : "preview", result: answer.body });
  };
  const type = (text: string): void => {
    setTyped(text);
    setOutcome({ kind: "none" });
  };
  const take = (isTheirs: boolean): void => {
    const current = currentOf(outcome);
    if (current === undefined) return;
    setRevision(current.revision);
    if (isTheirs) type(recordText(current.record));
    else void run("dryRun", current.revision);
  };
  return { typed, type, outcome, isBusy, run, take };
}

function currentOf(outcome: Outcome): Problem["current"] {
  return outcome.kind === "problem" && outcome.problem.status === 412 ? outcome.problem.current : undefined;
}

function Conflict({
  mine,
  theirs,
  revision,
  take,
}: {
  mine: string;
  theirs: string;
  revision: number;
  take: (isTheirs: boolean) => void;
}): JSX.Element {
  return (
    <div class="stack">
      <h2>Somebody else wrote it meanwhile</h2>
      <p class="quiet">
        {revision === 0 ? "It was removed." : `It is at revision ${revision} now.`} From theirs (−) to yours
        (+):
      </p>
      <DiffView lines={diffLines(theirs, mine)} />
      <div class="actions">
        <button type="button" onClick={() => take(true)}>
          Take theirs
        </button>
        <button type="button" onClick={() => take(false)}>
          Keep mine, and preview it over theirs
        </button>
      </div>
    </div>
  );
}

function parse(typed: string): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return { value: JSON.parse(typed) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { problem: { status: 0, title: "This is not JSON", code: "bad-json", detail } };
  }
}
