import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` (and `, N skipped`) as the very last line of a run: CI counts by it. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // Tests of a file that did not load, or whose hook failed, are not there or count as skipped.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length;
    const passed = count("passed");
    const failed = count("failed") + broken;
    const skipped = count("skipped");
    process.once("exit", (code) => {
      // A run may also fail before it has tests, as without an etcd on CI.
      const failures = failed === 0 && code !== 0 ? 1 : failed;
      console.log(`${passed} passed, ${failures} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
    });
  }
}
