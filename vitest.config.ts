import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { workspaceSources } from "./scripts/vitest/sources.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

const TESTS = ["ts/*/test", "bench/test", "scripts"];
const all = TESTS.map((folder) => `${folder}/**/*.test.{ts,mjs}`);
/** Tests that start processes or open sockets; `scripts/vitest/unit.ts` finds those without this name. */
const processes = TESTS.map((folder) => `${folder}/**/*.process.test.{ts,mjs}`);

export default defineConfig({
  plugins: [workspaceSources(ROOT)],
  test: {
    // Otherwise one core is left idle, which on a small machine is half of it.
    maxWorkers: "100%",
    // A limit against hanging only: no test depends on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: all,
          exclude: [...configDefaults.exclude, ...processes],
          setupFiles: ["scripts/vitest/unit.ts"],
        },
      },
      { extends: true, test: { name: "process", include: processes } },
    ],
  },
});
