import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { workspaceSources } from "./scripts/vitest/sources.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

/** Each file of tests, by what its name ends with. */
const tests = (kind: string) => [
  `{ts/*,bench}/test/**/*${kind}.test.ts`,
  `scripts/**/*${kind}.test.{ts,mjs}`,
];

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
          include: tests(""),
          exclude: [...configDefaults.exclude, ...tests(".process")],
          setupFiles: ["scripts/vitest/unit.ts"],
        },
      },
      // What starts processes or opens sockets: scripts/vitest/unit.ts finds those without this name.
      { extends: true, test: { name: "process", include: tests(".process") } },
    ],
  },
});
