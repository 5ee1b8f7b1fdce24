import type { AdminDescription } from "./admin/admin.ts";
import { createParts } from "./router-parts.ts";

/** What the admin listener answers, told by the parts of a router that is never started. */
export async function describeAdmin(): Promise<AdminDescription> {
  const { admin } = await createParts({ store: { endpoints: [], follow: notStarted } });
  return admin.describe();
}

function notStarted(): never {
  throw new Error("this router is only described");
}
