// Where a setting comes from: flags beat the environment, that beats the file, that beats the default.

import { existsSync } from "node:fs";

import { type Command, Option } from "commander";
import { isMap, isScalar, isSeq } from "yaml";

import { CommandError } from "./exit-codes.ts";
import { parseYaml, readSource } from "./yaml-source.ts";

const DEFAULT_FILE = "wayleave.yaml";
const settingOptions = new WeakSet<Option>();

/**
 * An option that may also stand in the environment (`--state-dir` as `WAYLEAVE_STATE_DIR`) and in the
 * settings file (`state-dir: ...`). It takes a value: an environment has no way to say a bare flag is off.
 * commander itself reads the environment.
 */
export function setting(flags: string, description: string): Option {
  const option = new Option(flags, description);
  option.env(`WAYLEAVE_${option.name().toUpperCase().replaceAll("-", "_")}`);
  settingOptions.add(option);
  return option;
}

/**
 * Fills in what neither the command's own flags nor its environment say: from flags before the
 * command's name (`wayleave --etcd URL routes ls`), then from the settings file. Throws a CommandError
 * (invalid) with file, line and column for a file that says anything else than known settings.
 */
export async function completeSettings(root: Command, command: Command): Promise<void> {
  for (const option of command.options) takeFromParents(command, option);
  const file = settingsFile(command);
  if (file === undefined || !command.options.some((option) => settingOptions.has(option))) return;
  const values = await readSettings(file, namesOfSettings(root));
  for (const option of command.options) {
    const value = values.get(option.name());
    const source = command.getOptionValueSource(option.attributeName());
    if (value === undefined || source === "cli" || source === "env") continue;
    command.setOptionValueWithSource(option.attributeName(), parseValue(option, value), "config");
  }
}

/** A setting as it is in force: what it says, and where that stands. */
export interface SettingInForce {
  readonly name: string;
  /** As a flag would have it; null: nothing says it, and there is no default. */
  readonly value: string | null;
  /** `--flag`, the name of the variable, `FILE:LINE:COLUMN`, or `default`. */
  readonly from: string;
}

/**
 * Every setting of every command as it is in force, by name; `asking` is the command that was given flags. Throws a
 * CommandError (invalid) as {@link completeSettings} does.
 */
export async function settingsInForce(root: Command, asking: Command): Promise<SettingInForce[]> {
  const names = namesOfSettings(root);
  const file = settingsFile(asking);
  const values = file === undefined ? new Map<string, FileValue>() : await readSettings(file, names);
  const options = new Map(optionsOf(root).map((option) => [option.name(), option]));
  for (const option of asking.options) options.set(option.name(), option);
  return [...names]
    .toSorted()
    .flatMap((name) => options.get(name) ?? [])
    .map((option) => inForce(option, asking, values.get(option.name())));
}

function inForce(option: Option, asking: Command, inFile: FileValue | undefined): SettingInForce {
  const name = option.name();
  const variable = option.envVar === undefined ? undefined : process.env[option.envVar];
  if (asking.options.includes(option) && asking.getOptionValueSource(option.attributeName()) === "cli")
    return { name, value: String(asking.getOptionValue(option.attributeName())), from: `--${name}` };
  if (variable !== undefined) return { name, value: variable, from: option.envVar ?? "" };
  if (inFile !== undefined) return { name, value: inFile.text, from: inFile.at };
  const { defaultValue, defaultValueDescription } = option;
  const value = defaultValueDescription ?? (defaultValue === undefined ? null : String(defaultValue));
  return { name, value, from: "default" };
}

function optionsOf(command: Command): Option[] {
  const own = command.options.filter((option) => settingOptions.has(option));
  return [...own, ...command.commands.flatMap(optionsOf)];
}

function takeFromParents(command: Command, option: Option): void {
  const name = option.attributeName();
  if (command.getOptionValueSource(name) === "cli") return;
  for (let parent = command.parent; parent !== null; parent = parent.parent) {
    if (parent.getOptionValueSource(name) !== "cli") continue;
    command.setOptionValueWithSource(name, parent.getOptionValue(name), "cli");
    return;
  }
}

function settingsFile(command: Command): string | undefined {
  const named: unknown = command.getOptionValue("config");
  if (typeof named === "string") return named;
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined;
}

function namesOfSettings(command: Command): Set<string> {
  return new Set(optionsOf(command).map((option) => option.name()));
}

/** One setting in the file: its text as the flag would have it, and where it stands. */
interface FileValue {
  readonly at: string;
  readonly text: string;
}

async function readSettings(file: string, names: Set<string>): Promise<Map<string, FileValue>> {
  const { source, problems } = parseYaml(await readSource(file), file);
  const broken = problems[0];
  if (broken !== undefined) throw new CommandError("invalid", `${broken.at}: ${broken.reason}`);
  const values = new Map<string, FileValue>();
  const top = source.document.contents;
  if (top === null) return values;
  if (!isMap(top))
    throw new CommandError("invalid", `${source.at(top)}: a settings file has one SETTING: VALUE a line`);
  for (const { key, value } of top.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const at = source.at(isScalar(key) ? key : top);
    if (!names.has(name))
      throw new CommandError("invalid", `${at}: there is no setting ${JSON.stringify(name)}`);
    const text = isSeq(value) ? value.items.map(textOf).join(",") : textOf(value);
    values.set(name, { at, text });
  }
  return values;
}

function textOf(node: unknown): string {
  return isScalar(node) ? String(node.value) : "";
}

function parseValue(option: Option, { at, text }: FileValue): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      "invalid",
      `${at}: ${option.name()}: ${JSON.stringify(text)} is not valid. ${reason}`,
    );
  }
}
