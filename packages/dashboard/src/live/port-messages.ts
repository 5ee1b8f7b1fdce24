import type { StreamMessage } from "@wayleave/records/api";

import type { Link } from "./follow.ts";

/** What the shared worker tells a tab. A beat says no more than that the worker lives. */
export type ToTab =
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "messages"; readonly messages: readonly StreamMessage[] }
  | { readonly kind: "beat" };

/** What a tab tells the shared worker: that there is a token now, or that it goes. */
export type ToWorker = "retry" | "bye";

/** How often a beat comes, in milliseconds. */
export const BEAT_MS = 2_000;
