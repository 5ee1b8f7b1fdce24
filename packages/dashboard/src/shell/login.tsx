import type { Problem } from "@wayleave/records/api";
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ask } from "../api/ask.ts";
import { useLive } from "../live/known.tsx";
import { ProblemBox } from "../parts/problem-box.tsx";

/** Asks for the admin token. The router answers with a cookie that no script can read. */
export function Login(): JSX.Element {
  const live = useLive();
  const [problem, setProblem] = useState<Problem>();
  const [token, setToken] = useState("");
  const onSubmit = async (): Promise<void> => {
    const answer = await ask("/api/session", { method: "POST", body: { token } });
    if (!answer.ok) return setProblem(answer.problem);
    setToken("");
    setProblem(undefined);
    live.retry();
  };
  return (
    <form
      class="login sheet sheet-body stack"
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      <h1>This router asks for a token</h1>
      <p class="quiet">
        It was started with <code>--admin-token-file</code>; the token is what that file holds.
      </p>
      <label class="field">
        Token
        <input
          type="password"
          required
          autocomplete="current-password"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      {problem !== undefined && <ProblemBox problem={problem} />}
      <div class="actions">
        <button type="submit" class="main">
          Log in
        </button>
      </div>
    </form>
  );
}
