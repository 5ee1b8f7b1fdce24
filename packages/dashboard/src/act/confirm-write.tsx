import type { Problem, WriteResult } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Answer, ask } from "../api/ask.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";
import { Preview } from "./preview.tsx";
import { WriteOutcome } from "./write-outcome.tsx";

/** A write, but for its precondition. */
export interface Write {
  readonly path: string;
  readonly method: "PUT" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ConfirmWriteProps {
  readonly title: string;
  readonly button: string;
  readonly isGrave?: boolean;
  /** What it means, in a sentence or two. */
  readonly says?: string;
  readonly write: Write;
  /** What the record must still be at; 0: there must be none. */
  readonly revision: number;
  readonly onClose: () => void;
}

/** Sends a write, waits until every replica has it, or only asks what it would do. */
export function sendWrite(
  write: Write,
  revision: number,
  how: "dryRun" | "wait",
): Promise<Answer<WriteResult>> {
  const { path, method, query, body } = write;
  return ask<WriteResult>(path, { method, body, ifRevision: revision, query: { ...query, [how]: "true" } });
}

/** Asks before a write: shows what the router says that it would do, then does it and shows what became of it. */
export function ConfirmWrite(props: ConfirmWriteProps): JSX.Element {
  const { title, button, isGrave = false, says, write, onClose } = props;
  const [revision, setRevision] = useState(props.revision);
  const [preview, setPreview] = useState<WriteResult>();
  const [done, setDone] = useState<WriteResult>();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  const run = async (how: "dryRun" | "wait", at: number): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await sendWrite(write, at, how);
    setBusy(false);
    if (!answer.ok) setProblem(answer.problem);
    else if (how === "dryRun") setPreview(answer.body);
    else setDone(answer.body);
  };
  useEffect(() => void run("dryRun", revision), []);

  const current = problem?.status === 412 ? problem.current : undefined;
  const lookAgain = (): void => {
    if (current === undefined) return;
    setRevision(current.revision);
    void run("dryRun", current.revision);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {says !== undefined && done === undefined && <p>{says}</p>}
      {preview !== undefined && done === undefined && <Preview result={preview} />}
      {problem !== undefined && <ProblemBox problem={problem} />}
      {done !== undefined && <WriteOutcome result={done} />}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {done === undefined ? "Cancel" : "Close"}
        </button>
        {current !== undefined && (
          <button type="button" disabled={isBusy} onClick={lookAgain}>
            Look at it as it is now
          </button>
        )}
        {done === undefined && (
          <button
            type="button"
            class={isGrave ? "grave" : "main"}
            disabled={isBusy || preview === undefined || problem !== undefined}
            onClick={() => void run("wait", revision)}
          >
            {isBusy ? "One moment" : button}
          </button>
        )}
      </div>
    </Dialog>
  );
}
