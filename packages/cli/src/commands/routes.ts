import type { Command } from "commander";

import { addRoutesGet } from "./routes-get.ts";
import { addRoutesLs } from "./routes-ls.ts";
import { addRoutesRm } from "./routes-rm.ts";
import { addRoutesSet } from "./routes-set.ts";

/** Adds `wayleave routes` and what it can do. */
export function addRoutes(program: Command): void {
  const routes = program.command("routes").description("List, show, write and remove routes.");
  addRoutesLs(routes);
  addRoutesGet(routes);
  addRoutesSet(routes);
  addRoutesRm(routes);
}
