import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

/** The machine in one line: processor, cores, memory, kernel. */
export function describeMachine(): string {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cores[0]?.model ?? "unknown processor"}, ${cores.length} cores, ${gibibytes} GiB, Linux ${release()}`;
}

/** The commit that is measured, with a + when tracked files differ from it; "unknown" outside of a checkout. */
export function describeCommit(): string {
  try {
    const cwd = import.meta.dirname;
    const commit = execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { cwd, encoding: "utf8" }).trim();
    const changes = execFileSync("git", ["status", "--porcelain", "-uno", "--", ":/packages"], {
      cwd,
      encoding: "utf8",
    });
    return changes === "" ? commit : `${commit}+`;
  } catch {
    return "unknown";
  }
}
