import type { Command } from "commander";

import { addInstancesDrain } from "./instances-drain.ts";
import { addInstancesEvict } from "./instances-evict.ts";
import { addInstancesGet } from "./instances-get.ts";
import { addInstancesLs } from "./instances-ls.ts";
import { addInstancesRm } from "./instances-rm.ts";
import { addInstancesSet } from "./instances-set.ts";
import { addInstancesUndrain } from "./instances-undrain.ts";

/** Adds `wayleave instances` and what it can do. */
export function addInstances(program: Command): void {
  const instances = program
    .command("instances")
    .description("List, show, write, drain, evict and remove instances.");
  addInstancesLs(instances);
  addInstancesGet(instances);
  addInstancesSet(instances);
  addInstancesRm(instances);
  addInstancesDrain(instances);
  addInstancesUndrain(instances);
  addInstancesEvict(instances);
}
