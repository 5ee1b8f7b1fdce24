// A client's reader of answers, for tests: it needs to be right on what a proxy sends, not strict.

/** One answer, as far as it came. */
export interface Answer {
  readonly status: number;
  /** Statuses of the interim answers before it. */
  readonly interims: readonly number[];
  /** The value of X-Wayleave-Error. */
  readonly failure: string | undefined;
  /** The body without its framing, and trailers as ` + name: value`. */
  readonly body: string;
  readonly isWhole: boolean;
}

/** How the connection stands behind the text. */
export type Ending = "open" | "end" | "reset";

/** Reads answers off latin1 text; `methods` are those of the requests, in order. */
export function readAnswers(text: string, methods: readonly string[], ending: Ending): Answer[] {
  const answers: Answer[] = [];
  let rest = text;
  while (rest !== "") {
    const read = readAnswer(rest, methods[answers.length] ?? "GET", ending);
    if (read === undefined) break;
    answers.push(read.answer);
    rest = read.rest;
  }
  return answers;
}

interface Read {
  readonly answer: Answer;
  readonly rest: string;
}

function readAnswer(text: string, method: string, ending: Ending): Read | undefined {
  const interims: number[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const head = `${rest.slice(0, end)}\r\n`;
    rest = rest.slice(end + 4);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    if (status >= 200 || status < 100) {
      const failure = /\r\nx-wayleave-error: (.*)\r\n/i.exec(head)?.[1];
      const isBodiless = method === "HEAD" || status === 204 || status === 304;
      const body = isBodiless ? { body: "", isWhole: true, rest } : readBody(head, rest, ending);
      return {
        answer: { status, interims, failure, body: body.body, isWhole: body.isWhole },
        rest: body.rest,
      };
    }
    interims.push(status);
  }
}

interface BodyRead {
  readonly body: string;
  readonly isWhole: boolean;
  readonly rest: string;
}

function readBody(head: string, text: string, ending: Ending): BodyRead {
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return readChunks(text);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (length === undefined) return { body: text, isWhole: ending === "end", rest: "" };
  const body = text.slice(0, Number(length));
  return { body, isWhole: body.length === Number(length), rest: text.slice(Number(length)) };
}

function readChunks(text: string): BodyRead {
  let body = "";
  let rest = text;
  for (;;) {
    const size = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest);
    if (size === null) return { body, isWhole: false, rest: "" };
    const length = Number.parseInt(size[1] ?? "", 16);
    rest = rest.slice(size[0].length);
    if (length === 0) break;
    if (rest.length < length + 2) return { body: body + rest.slice(0, length), isWhole: false, rest: "" };
    body += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
  for (;;) {
    const end = rest.indexOf("\r\n");
    if (end === -1) return { body, isWhole: false, rest: "" };
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    if (line === "") return { body, isWhole: true, rest };
    body += ` + ${line}`;
  }
}
