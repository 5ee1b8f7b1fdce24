import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";

// Accepting is the event loop's work, so a process that sleeps for ever in JavaScript accepts nothing.
const PROGRAM = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port) + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
const HANGS_AFTER_MS = 300;
const MOST = 16;

/** A port where connections hang, as behind a firewall: its listener accepts none, and its queue is full. */
export async function startFullListener(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", (line: Buffer) => resolve(Number(line)));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the listener ended")));
  });
  const queued: Socket[] = [];
  while (queued.length < MOST) {
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => undefined);
    queued.push(socket);
    if (!(await isAccepted(socket))) break;
  }
  return {
    port,
    async close() {
      for (const socket of queued) socket.destroy();
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function isAccepted(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HANGS_AFTER_MS, false);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
