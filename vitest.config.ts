import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["ts/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "scripts/**/*.test.{ts,mjs}"],
    // Otherwise one core is left idle, which on a small machine is half of it.
    maxWorkers: "100%",
    // A limit against hanging only: no test depends on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
