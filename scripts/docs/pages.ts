// The pages that are made from the source. test/generated-docs.test.ts holds each to what `make` gives.

import { benchmarksPage } from "./benchmarks-page.ts";
import { apiPage } from "./api-page.ts";
import { cliPage } from "./cli-page.ts";
import { failuresPage } from "./failures-page.ts";
import { metricsPage } from "./metrics-page.ts";
import { recordsPage } from "./records-page.ts";
import { settingsPage } from "./settings-page.ts";

/** A page: where it is, from the repository's root, and its whole text. */
export interface Page {
  readonly file: string;
  readonly make: () => string | Promise<string>;
}

export const pages: readonly Page[] = [
  { file: "docs/reference/records.md", make: recordsPage },
  { file: "docs/reference/settings.md", make: settingsPage },
  { file: "docs/reference/metrics.md", make: metricsPage },
  { file: "docs/reference/cli.md", make: cliPage },
  { file: "docs/reference/api.md", make: apiPage },
  { file: "docs/failures.md", make: failuresPage },
  { file: "docs/benchmarks.md", make: benchmarksPage },
];
