import { createProgram } from "wayleave";

type Program = ReturnType<typeof createProgram>;

/** A command line as the CLI itself understands it. */
export interface ParsedCommand {
  /** `router`, `routes set`. */
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
}

/** Parses a command line by the CLI's own parser, and does nothing; rejects with what the CLI would say. */
export async function parseCommand(args: readonly string[]): Promise<ParsedCommand> {
  const program = createProgram();
  let parsed: ParsedCommand | undefined;
  for (const command of leaves(program)) {
    command.configureOutput({ writeErr: () => undefined }).action(() => {
      parsed = { name: command.name(), options: command.opts(), operands: command.args };
    });
  }
  await program.parseAsync(args, { from: "user" });
  if (parsed === undefined) throw new Error(`${args.join(" ")} runs no command`);
  return parsed;
}

/** Every environment variable that is a setting of a command. */
export function settingVariables(): Set<string> {
  const options = leaves(createProgram()).flatMap((command) => command.options);
  return new Set(options.flatMap(({ envVar }) => (envVar === undefined ? [] : [envVar])));
}

function leaves(command: Program): Program[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
