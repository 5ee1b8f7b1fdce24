import { type Socket, connect } from "node:net";

import { type Answer, type Ending, readAnswers } from "./read-answers.ts";

/** What a client sends, and when it has seen enough. */
export interface Send {
  readonly bytes: string;
  readonly methods: readonly string[];
  /** Ends its side behind the bytes. */
  readonly ends: boolean;
  /** Nothing more is awaited. */
  readonly isEnough: (answers: readonly Answer[], ending: Ending) => boolean;
  /** Gives up after so long. */
  readonly timeoutMs: number;
}

/** What the client saw. */
export interface Seen {
  readonly answers: readonly Answer[];
  readonly ending: Ending;
}

/** Sends bytes, and reads until it has seen enough. */
export function sendRaw(port: number, send: Send): Promise<Seen> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let text = "";
    let ending: Ending = "open";
    const finish = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.destroy();
      resolve({ answers: readAnswers(text, send.methods, ending), ending });
    };
    const timer = setTimeout(finish, send.timeoutMs);
    const look = (): void => {
      if (send.isEnough(readAnswers(text, send.methods, ending), ending)) finish();
    };
    const end = (how: Ending): void => {
      if (ending === "open") ending = how;
      finish();
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      look();
    });
    socket.on("error", () => end("reset"));
    socket.on("end", () => end("end"));
    socket.on("close", () => end("end"));
    socket.write(send.bytes, "latin1");
    if (send.ends) socket.end();
  });
}
