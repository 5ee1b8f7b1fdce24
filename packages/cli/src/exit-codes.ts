import { StoreError } from "@wayleave/store";

/** What the command's exit code says. `diff` alone differs: 0 same, 1 differs, 2 and above an error. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unreachable: 5,
  invalid: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that the command foresaw: one clear line, and the exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exit: keyof typeof EXIT, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = EXIT[exit];
  }
}

/** The exit code for whatever was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (!(error instanceof StoreError)) return EXIT.failed;
  switch (error.code) {
    case "unreachable":
      return EXIT.unreachable;
    case "conflict":
      return EXIT.conflict;
    case "too-large":
      return EXIT.invalid;
    case "denied":
    case "read-only":
    case "lease-lost":
    case "closed":
    case "compacted":
    case "future":
    case "failed":
      return EXIT.failed;
  }
}
