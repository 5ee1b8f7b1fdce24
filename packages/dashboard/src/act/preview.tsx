import type { WriteResult } from "@wayleave/records/api";
import type { JSX } from "preact";

import { formatCount } from "../format/numbers.ts";
import { diffLines, type DiffLine } from "./diff-lines.ts";

/** What a write would do: which requests it affects, and the record before and after. */
export function Preview({ result }: { result: WriteResult }): JSX.Element {
  const { affected, before, after } = result;
  const lines = diffLines(recordText(before), recordText(after));
  return (
    <div class="preview">
      <p class="strong">{affected.text}</p>
      {affected.requestsPerSecond > 0 && (
        <p class="quiet">{formatCount(affected.requestsPerSecond)} requests/s now.</p>
      )}
      {affected.warnings.map((warning) => (
        <p key={warning} class="warn-text">
          {warning}
        </p>
      ))}
      <DiffView lines={lines} />
    </div>
  );
}

/** Two texts as one: what goes has a minus, what comes a plus. */
export function DiffView({ lines }: { lines: readonly DiffLine[] }): JSX.Element {
  if (lines.every(({ side }) => side === "both")) return <p class="quiet">The record stays as it is.</p>;
  return (
    <pre class="diff" tabIndex={0} aria-label="Changes of the record">
      {lines.map(({ side, line }, at) => (
        <span key={at} class={`diff-${side}`}>
          {`${SIGNS[side]} ${line}\n`}
        </span>
      ))}
    </pre>
  );
}

const SIGNS: Readonly<Record<DiffLine["side"], string>> = { both: " ", before: "−", after: "+" };

/** A record as people read it; nothing for none. */
export function recordText(record: unknown): string {
  return record === null || record === undefined ? "" : JSON.stringify(record, undefined, 2);
}
