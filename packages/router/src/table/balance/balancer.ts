import type { Ask } from "../ask.ts";
import type { InstanceEntry } from "../instance-entry.ts";

/**
 * Picks one of its instances by one rule. Its instances have a weight above 0 and are ready; a
 * change of weight is a `remove` and an `add`. One contract suite (balancer.test.ts) runs on all.
 */
export interface Balancer {
  add(entry: InstanceEntry): void;
  /** Call it before the entry's record changes. */
  remove(entry: InstanceEntry): void;
  /**
   * The next instance that may serve, or undefined when none may: then every instance was asked.
   * A rehearsal gives what the next pick would give, and changes nothing.
   */
  pick(ask: Ask): InstanceEntry | undefined;
}
