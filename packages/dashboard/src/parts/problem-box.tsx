import type { Problem } from "@wayleave/records/api";
import type { JSX } from "preact";

/** A refusal, where it happened: what, and each wrong field. */
export function ProblemBox({ problem }: { problem: Problem }): JSX.Element {
  return (
    <div class="problem" role="alert">
      <span class="strong">{problem.title}</span>
      {problem.status > 0 && <span class="quiet"> {problem.status}</span>}
      {problem.errors === undefined || problem.errors.length === 0 ? (
        <div>{problem.detail}</div>
      ) : (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <code>{pointer === "" ? "/" : pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
