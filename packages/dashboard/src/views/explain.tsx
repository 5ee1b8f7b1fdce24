import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Answer, ask } from "../api/ask.ts";
import { ProblemBox } from "../parts/problem-box.tsx";
import { goTo, hrefOf, useLocation } from "../shell/location.ts";
import { type Explained, Explanation } from "./explanation.tsx";

/** A URL in; which route, which instance, and why the others lost. */
export function Explain(): JSX.Element {
  const { query } = useLocation();
  const url = query.get("url") ?? "";
  const method = query.get("method") ?? "GET";
  const header = query.getAll("header").join("\n");
  const [answer, setAnswer] = useState<Answer<Explained>>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (url === "") return setAnswer(undefined);
    const headers = header.split("\n").filter((line) => line.trim() !== "");
    void ask<Explained>("/api/explain", { query: { url, method, header: headers } }).then(setAnswer);
  }, [url, method, header, turn]);
  return (
    <div class="stack">
      <Question
        url={url}
        method={method}
        header={header}
        onAsk={(asked) => {
          goTo(hrefOf(["explain"], { ...asked }), { isSame: true });
          setTurn(turn + 1);
        }}
      />
      {answer?.ok === false && <ProblemBox problem={answer.problem} />}
      {answer?.ok === true && <Explanation {...answer.body} />}
      {answer === undefined && (
        <div class="sheet empty">
          <p>
            Give a URL as a client would ask for it. The router says what would become of it; it takes no
            instance's turn.
          </p>
          <code class="command">npx wayleave explain https://shop.example.com/cart</code>
        </div>
      )}
    </div>
  );
}

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly header: string;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

function Question({ onAsk, ...given }: Asked & { onAsk: (asked: Asked) => void }): JSX.Element {
  const [asked, setAsked] = useState<Asked>(given);
  useEffect(
    () => setAsked({ url: given.url, method: given.method, header: given.header }),
    [given.url, given.method, given.header],
  );
  const change = (name: keyof Asked) => (event: { currentTarget: { value: string } }) =>
    setAsked({ ...asked, [name]: event.currentTarget.value });
  return (
    <form
      class="question sheet sheet-body"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ ...asked, url: asked.url.trim() });
      }}
    >
      <label class="field">
        Method
        <select value={asked.method} onChange={change("method")}>
          {METHODS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label class="field grow">
        URL
        <input
          required
          value={asked.url}
          onInput={change("url")}
          placeholder="https://shop.example.com/cart"
          spellcheck={false}
          autocomplete="off"
        />
      </label>
      <label class="field grow">
        A header (optional)
        <input
          value={asked.header}
          onInput={change("header")}
          placeholder="cookie: JSESSIONID=1"
          spellcheck={false}
          autocomplete="off"
        />
      </label>
      <button type="submit" class="main">
        Explain
      </button>
    </form>
  );
}
