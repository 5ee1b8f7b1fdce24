import { Argument, type Command } from "commander";

import { complete } from "../completion/complete.ts";
import { SHELL_SCRIPTS, type Shell } from "../completion/shell-scripts.ts";
import { wrapHelp } from "../output/wrap-help.ts";

const HELP = `
Completes commands, flags and files, and the names of routes, apps, instances, certificates and routers as etcd has them at
that moment; when etcd does not answer within 300 ms, it completes no names, and says nothing.

Exit codes: 0 ok, 2 usage.

Examples:
  source <(wayleave completion bash)                               # for this shell; in ~/.bashrc for all
  wayleave completion zsh > ~/.zfunc/_wayleave                     # with fpath+=~/.zfunc before compinit
  wayleave completion fish > ~/.config/fish/completions/wayleave.fish`;

/** Adds `wayleave completion`, and the hidden command that its scripts ask. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .summary("completion for bash, zsh or fish")
    .description("Print the script by which a shell completes wayleave's command lines.")
    .addArgument(new Argument("<shell>", "for which shell").choices(Object.keys(SHELL_SCRIPTS)))
    .addHelpText("after", wrapHelp(HELP))
    .action((shell: Shell) => void process.stdout.write(SHELL_SCRIPTS[shell]));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: readonly string[]) => {
      for (const line of await complete(program, words)) process.stdout.write(`${line}\n`);
    });
}
