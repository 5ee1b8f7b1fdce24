import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    globalSetup: ["test/setup/real-etcd.ts"],
    reporters: ["default", "./test/setup/closing-line-reporter.ts"],
    pool: "forks",
    // More would not be faster on few cores, and many etcds at once disturb each other.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
