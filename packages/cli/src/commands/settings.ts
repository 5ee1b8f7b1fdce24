import type { Command } from "commander";

import { addSettingsGet } from "./settings-get.ts";
import { addSettingsSet } from "./settings-set.ts";

/** Adds `wayleave settings` and what it can do. */
export function addSettings(program: Command): void {
  const settings = program.command("settings").description("Show and change the defaults of all routes.");
  addSettingsGet(settings);
  addSettingsSet(settings);
}
