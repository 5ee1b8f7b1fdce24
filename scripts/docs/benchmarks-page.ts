// docs/benchmarks.md: what `npm run bench -- --write-docs` measured, as bench/results/latest.json keeps it.

import { readFileSync } from "node:fs";

import type { Case } from "../../bench/case.ts";
import { CASES } from "../../bench/cases/all.ts";
import { CONTENDERS } from "../../bench/contenders/all.ts";
import { budgetFigure, figureText, resultText } from "../../bench/result-text.ts";
import { type CaseResult, LATEST, type Results } from "../../bench/results.ts";
import { page, table } from "./markdown.ts";

/** The whole page. */
export function benchmarksPage(): string {
  const { cases }: Results = JSON.parse(readFileSync(LATEST, "utf8"));
  const results = new Map(cases.map((result) => [result.name, result]));
  const sections = CASES.flatMap((each) => {
    const result = results.get(each.name);
    return result === undefined ? [] : [section(each, result)];
  });
  return page("Benchmarks", [
    INTRODUCTION,
    "## Budgets",
    budgets(results),
    "## Set-up",
    setUp(cases),
    ...sections,
  ]);
}

const INTRODUCTION = `\`npm run bench\` runs the router beside other proxies on one machine. \`npm run bench -- --help\` names the
cases; \`npm run bench -- --write-docs\` writes this page.

- **Proved, then timed.** Each contender first has to answer rightly: target, host and fields as sent, forwarded fields added,
  both instances in turn, kept connections, a 100 KB answer and a 1 MB upload byte by byte. One that fails is named and not timed.
- **In turn.** One round of each contender, then the next round. Cells are the median of the rounds, and in parentheses
  the least and the greatest: that is the noise. Ratios are taken within a round.
- **CPU** is the user and system time of all processes of the contender, as the kernel counts it, over its requests.
  It is what to compare: requests a second on one core also depend on how busy the load generator's core was ("core busy"
  well below 100 % says that the contender waited for it), and times under such a load are mostly those of the queue.
- **The same for all**: two instances, connections kept alive on both sides, \`X-Forwarded-For\`, \`-Proto\`, \`-Host\` and
  \`X-Request-Id\` added, one process that takes requests. The contender has core 0 for itself; load and instances have the other.

\`npm run bench -- --case slow-clients\` and \`--case floods\` attack the router and ask what others notice; they are run only when
they are named, since they take minutes of a machine on which nobody else does anything.

Where the time of one request goes, and what was done about it: [What a request costs](request-cost.md). Memory with 1,000,000 instances
takes minutes and is no case: \`node bench/memory.ts\` ([sizing](operate.md#scale-and-size)).`;

function budgets(results: ReadonlyMap<string, CaseResult>): string {
  const rows = CASES.flatMap((each) =>
    each.budgets.map((budget) => {
      const figure = budgetFigure(budget, results.get(each.name));
      const verdict =
        figure === undefined ? "not measured" : figure.median <= budget.atMost ? "met" : "missed";
      return [budget.what, `at most ${budget.atMost}`, figureText(figure), verdict, `\`${each.name}\``];
    }),
  );
  return table(["what", "budget", "measured", "", "case"], rows);
}

function setUp(cases: readonly CaseResult[]): string {
  const versions = new Map(cases.flatMap((result) => Object.entries(result.versions)));
  const rows = CONTENDERS.map(({ name, setUp: how }) => [name, versions.get(name) ?? "not installed", how]);
  const [first] = cases;
  const machine = `${first?.machine ?? ""}. Node ${versions.get("node") ?? ""}.`;
  const contenders = table(["", "version", "set up as"], rows);
  return `${machine} Traefik, gorouter and Sozu are not among Debian's packages, and not measured.\n\n${contenders}`;
}

function section(each: Case, result: CaseResult): string {
  const { measuredAt, commit, rounds, secondsARound, loadAverageBefore, isPinned } = result;
  const how = [
    `\`${each.name}\`, ${measuredAt.slice(0, 16).replace("T", " ")} UTC, commit ${commit}`,
    `${rounds} rounds of ${secondsARound} s`,
    `load average before ${loadAverageBefore}`,
    ...(isPinned ? [] : ["not pinned to cores"]),
  ];
  return `## ${each.title}\n\n${each.about}\n\n${resultText(each, result)}\n\n_${how.join("; ")}._`;
}
