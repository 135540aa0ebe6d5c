import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const CORE = fileURLToPath(new URL("ts/core/src/", import.meta.url));

export default defineConfig({
  plugins: [
    {
      // What ts/core/package.json maps to compiled code belongs to the sources where those are tested.
      // Whoever imports the compiled package gets the compiled part: there must not be two of one class.
      name: "native-crypto-beside-its-importer",
      enforce: "pre",
      resolveId: (source, importer) =>
        source === "#native-crypto" && importer?.startsWith(CORE) === true
          ? `${CORE}crypto/native.ts`
          : undefined,
    },
  ],
  test: {
    include: ["ts/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "scripts/**/*.test.{ts,mjs}"],
    // Otherwise one core is left idle, which on a small machine is half of it.
    maxWorkers: "100%",
    // A limit against hanging only: no test depends on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
