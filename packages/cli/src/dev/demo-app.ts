import { type ChildProcess, spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const WAYLEAVE = fileURLToPath(new URL("../../bin/wayleave.js", import.meta.url));
const CLOSE_TIMEOUT_MS = 10_000;
const LINES_KEPT = 20;

/** The apps that `dev` brings. */
export type DemoAppName = "hello" | "whoami";

export interface DemoAppSettings {
  readonly app: DemoAppName;
  readonly id: string;
  /** How `wayleave run` reaches etcd. */
  readonly connection: readonly string[];
  readonly ttlSeconds: number;
}

/** One instance of a demo app: `wayleave run` and, below it, the app; real processes both. */
export class DemoApp implements AsyncDisposable {
  readonly app: DemoAppName;
  readonly id: string;
  /** Resolves when `wayleave run` has ended. */
  readonly ended: Promise<void>;
  #killedAt: number | undefined;
  #isAsked = false;
  #hasEnded = false;
  #appPid: number | undefined;
  readonly #lines: string[] = [];
  readonly #wrapper: ChildProcess;

  constructor(settings: DemoAppSettings) {
    this.app = settings.app;
    this.id = settings.id;
    this.#wrapper = spawnWrapper(settings);
    this.#wrapper.stdout?.setEncoding("utf8").on("data", (text: string) => this.#readPid(text));
    this.#wrapper.stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    this.#wrapper.stdin?.on("error", () => {}); // it may be gone before us
    this.ended = this.#follow();
  }

  /** Epoch milliseconds at which `kill` was called. */
  get killedAt(): number | undefined {
    return this.#killedAt;
  }

  /** Somebody asked it to end. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** `wayleave run` has not ended, and nobody has asked it to. */
  get isRunning(): boolean {
    return !this.#hasEnded && !this.#isAsked;
  }

  /** The last lines that `wayleave run` wrote to stderr. */
  get output(): string {
    return this.#lines.join("\n");
  }

  /** Ends it as a crash or a pulled plug would: SIGKILL for both, nobody tells etcd. */
  kill(): void {
    this.#killedAt ??= Date.now();
    this.destroy();
  }

  /** Lets it leave without losing a request; kills it when that takes longer than 10 s. */
  async close(): Promise<void> {
    this.#isAsked = true;
    this.#wrapper.kill("SIGTERM");
    const timer = setTimeout(() => this.destroy(), CLOSE_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends both processes now. */
  destroy(): void {
    this.#isAsked = true;
    this.#wrapper.kill("SIGKILL");
    // The app is in a process group of its own. Before it has told its pid, the end of its stdin ends it.
    this.#wrapper.stdin?.destroy();
    if (this.#appPid !== undefined) killIfAlive(this.#appPid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #readPid(text: string): void {
    const pid = /"pid":(\d+)/.exec(text)?.[1];
    if (pid !== undefined) this.#appPid = Number(pid);
  }

  #keep(text: string): void {
    this.#lines.push(...text.split("\n").filter((line) => line !== ""));
    this.#lines.splice(0, Math.max(0, this.#lines.length - LINES_KEPT));
  }

  async #follow(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wrapper.once("exit", () => resolve());
      this.#wrapper.once("error", (error) => {
        this.#keep(error.message);
        resolve();
      });
    });
    this.#hasEnded = true;
  }
}

function spawnWrapper({ app, id, connection, ttlSeconds }: DemoAppSettings): ChildProcess {
  const program = fileURLToPath(new URL(`./apps/${app}${extname(import.meta.url)}`, import.meta.url));
  const where = [...connection, "--config", "/dev/null"];
  const what = [
    "--app",
    app,
    "--id",
    id,
    "--port",
    "auto",
    "--address",
    "127.0.0.1",
    "--ttl",
    `${ttlSeconds}s`,
  ];
  return spawn(process.execPath, [WAYLEAVE, "run", ...where, ...what, "--", process.execPath, program], {
    // A group of its own, so that Ctrl-C reaches dev alone, which then ends all in the right order. stdin is a
    // pipe that nothing is written to: its end tells the app that dev is gone, however that went.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...environmentWithoutSettings(), END_WITH_STDIN: "1" },
  });
}

/** The settings of dev itself are not those of its apps. */
function environmentWithoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("WAYLEAVE_") && name !== "HOST"),
  );
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
