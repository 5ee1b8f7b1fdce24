import { execFileSync, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const WAYLEAVE = fileURLToPath(new URL("../../bin/wayleave.js", import.meta.url));

/** What a terminal was written, and how the command ended. */
export interface TerminalOutcome {
  readonly code: number | null;
  /** With all its escape sequences. */
  readonly screen: string;
}

/** Whether there is a `script` to make terminals with. Throws on CI when there is none. */
export function isScriptThere(): boolean {
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
    return true;
  } catch (error) {
    if (process.env["CI"] !== "true") return false;
    throw new Error("there is no script(1) to make a terminal with", { cause: error });
  }
}

/**
 * Runs `wayleave` on a terminal of its own to its end; `onScreen` gets all that was written, and a way to press keys. Ended
 * after 30 s.
 */
export async function runInTerminal(
  args: readonly string[],
  {
    columns = 80,
    env = {},
    onScreen = () => {},
  }: {
    readonly columns?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly onScreen?: (screen: string, press: (keys: string) => void) => void;
  } = {},
): Promise<TerminalOutcome> {
  const quoted = [process.execPath, WAYLEAVE, ...args].map((word) => `'${word}'`).join(" ");
  const command = `stty cols ${columns} rows 24; exec ${quoted}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: import.meta.dirname,
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 30_000,
    env: { ...withoutSettings(), TERM: "xterm", ...env },
  });
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  let screen = "";
  child.stdout.on("data", (piece: Buffer) => {
    screen += piece.toString();
    onScreen(screen, (keys) => void child.stdin.write(keys));
  });
  await text(child.stdout);
  return { code: await exit, screen };
}

// Node takes a terminal with CI in its environment for a log that shows no colours.
const ABOUT_COLOURS: readonly string[] = ["NO_COLOR", "FORCE_COLOR", "CI"];

function withoutSettings(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("WAYLEAVE_") && !ABOUT_COLOURS.includes(name),
  );
  return Object.fromEntries(others);
}
