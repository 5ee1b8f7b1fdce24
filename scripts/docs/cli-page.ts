import { createProgram } from "wayleave";

import { code, inline, page, table } from "./markdown.ts";

type Command = ReturnType<typeof createProgram>;

/** docs/reference/cli.md: every command with its arguments, its options and what its help says. */
export function cliPage(): string {
  const program = createProgram();
  const commands = leaves(program);
  return page("The `wayleave` command", [
    ...afterHelp(program),
    table(
      ["command", ""],
      commands.map((command) => [`[${nameOf(command)}](#${anchorOf(command)})`, command.summary()]),
    ),
    "## Connection",
    "Every command that needs etcd takes these too:",
    optionTable(connectionOf(program)),
    ...commands.flatMap(section),
  ]);
}

function section(command: Command): string[] {
  const own = command.options.filter((option) => option.helpGroupHeading !== "Connection:");
  return [
    `## ${nameOf(command)}`,
    command.description(),
    code(`${nameOf(command)} ${command.usage()}`, "text"),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...afterHelp(command),
  ];
}

function optionTable(options: Command["options"]): string {
  return table(
    ["option", "environment", "default", "meaning"],
    options.map(({ flags, envVar, defaultValue, defaultValueDescription, description, argChoices }) => [
      inline(flags),
      inline(envVar ?? ""),
      inline(defaultValueDescription ?? (defaultValue === undefined ? "" : String(defaultValue))),
      argChoices === undefined ? description : `${description}: ${argChoices.map(inline).join(", ")}`,
    ]),
  );
}

function connectionOf(program: Command): Command["options"] {
  const options = leaves(program).flatMap((command) => command.options);
  const all = options.filter((option) => option.helpGroupHeading === "Connection:");
  return [...new Map(all.map((option) => [option.flags, option])).values()];
}

/** The commands that do something; `routes` alone does not. */
function leaves(command: Command): Command[] {
  const visible = new Set(command.createHelp().visibleCommands(command));
  const children = command.commands.filter((child) => visible.has(child));
  return children.length === 0 ? [command] : children.flatMap(leaves);
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(" ", "-");
}

/** What stands below the options: prose as paragraphs, indented lines as code, however wide the terminal is. */
function afterHelp(command: Command): string[] {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => written.push(text) });
  command.outputHelp();
  const text = written.slice(1).join("");
  const blocks = [...text.matchAll(/(?:^ +\S.*$\n?)+|(?:^\S.*$\n?)+/gm)].map(([block]) => block.trimEnd());
  return blocks.map((block) =>
    block.startsWith(" ") ? code(block.replaceAll(/^ {2}/gm, ""), "text") : block.replaceAll("\n", " "),
  );
}
