import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // What ts/core/package.json maps to compiled code belongs to the sources where those are tested.
  resolve: {
    alias: {
      "#native-crypto": fileURLToPath(new URL("ts/core/src/crypto/native.ts", import.meta.url)),
    },
  },
  test: {
    include: ["ts/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "scripts/**/*.test.{ts,mjs}"],
    // Otherwise one core is left idle, which on a small machine is half of it.
    maxWorkers: "100%",
    // A limit against hanging only: no test depends on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
