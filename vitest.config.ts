import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["ts/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "scripts/**/*.test.{ts,mjs}"],
    // A limit against hanging only: no test depends on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
