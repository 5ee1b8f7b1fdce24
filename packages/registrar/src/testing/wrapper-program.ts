// A process that does what `wayleave run` does, with the options as JSON in its first argument.

import { type ProgramOptions, runProgram } from "../index.ts";

const options: ProgramOptions = JSON.parse(process.argv[2] ?? "{}");
process.exitCode = await runProgram(options);
