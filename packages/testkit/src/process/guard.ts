import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// What a test process starts must not outlive it, even when it is killed and can run nothing at its end. So one
// shell beside it reads what to guard from its standard input; the kernel closes that with us, and then the shell
// kills what is left and removes our temporary directory.
const GUARD_SCRIPT = `
trap '' INT TERM HUP
while read -r verb target; do
  case $verb in
    guard) targets="$targets $target" ;;
    release) kept=; for t in $targets; do [ "$t" = "$target" ] || kept="$kept $t"; done; targets=$kept ;;
  esac
done
for t in $targets; do kill -9 "$t" 2>/dev/null; done
rm -rf "$1"
`;

interface Guard {
  readonly directory: string;
  readonly tell: (line: string) => void;
}

let running: Guard | undefined;

/** Makes an empty temporary directory that goes away with this process, however that ends. */
export function temporaryDirectory(name: string): string {
  running ??= startGuard();
  return mkdtempSync(join(running.directory, `${name}-`));
}

/** Sees to it that a child process is killed when this process ends, however that ends. */
export function endWithThisProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const guard = (running ??= startGuard());
  guard.tell(`guard ${pid}`);
  child.once("exit", () => guard.tell(`release ${pid}`));
}

/** The same for the process group that a child leads: its own children are killed too, even when it ended before. */
export function endGroupWithThisProcess(leader: ChildProcess): void {
  const { pid } = leader;
  if (pid === undefined) return;
  const guard = (running ??= startGuard());
  guard.tell(`guard -${pid}`);
  leader.once("exit", () => {
    if (!isGroupAlive(pid)) guard.tell(`release -${pid}`);
  });
}

function isGroupAlive(leaderPid: number): boolean {
  try {
    return process.kill(-leaderPid, 0);
  } catch {
    return false;
  }
}

function startGuard(): Guard {
  const directory = mkdtempSync(join(tmpdir(), "wayleave-test-"));
  // Detached: a Ctrl-C in the terminal is for us, and the guard follows.
  const shell = spawn("/bin/sh", ["-c", GUARD_SCRIPT, "wayleave-test-guard", directory], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const { stdin } = shell;
  shell.unref();
  stdin.on("error", () => {}); // the guard was killed: then nobody guards
  // A pipe is a socket to Node; its type does not say so.
  if ("unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return { directory, tell: (line) => void stdin.write(`${line}\n`) };
}
