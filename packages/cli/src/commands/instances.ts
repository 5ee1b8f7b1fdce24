import type { Command } from "commander";

import { addInstancesDrain } from "./instances-drain.ts";
import { addInstancesGet } from "./instances-get.ts";
import { addInstancesLs } from "./instances-ls.ts";
import { addInstancesRm } from "./instances-rm.ts";
import { addInstancesSet } from "./instances-set.ts";

/** Adds `wayleave instances` and what it can do. */
export function addInstances(program: Command): void {
  const instances = program
    .command("instances")
    .description("List, show, write, drain and remove instances.");
  addInstancesLs(instances);
  addInstancesGet(instances);
  addInstancesSet(instances);
  addInstancesRm(instances);
  addInstancesDrain(instances);
}
