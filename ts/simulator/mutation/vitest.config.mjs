/** What mutation testing runs: the protocol's own tests, without the random walks, which are slow. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["ts/core/test/protocol/**/*.test.ts"],
    exclude: ["**/fuzz.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
