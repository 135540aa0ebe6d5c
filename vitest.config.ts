import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { EndReporter } from "./scripts/vitest/end.ts";
import { workspaceSources } from "./scripts/vitest/sources.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

/** Each file of tests, by what its name ends with. */
const tests = (kind: string) => [
  `{ts/*,bench}/test/**/*${kind}.test.ts`,
  `scripts/**/*${kind}.test.{ts,mjs}`,
];

/**
 * Unit tests that need a process for each file: they replace modules or globals that other files have
 * loaded by then, or count what the whole process does.
 */
const ALONE = [
  "ts/control-plane/test/journal-{folder,sync}.test.ts",
  "ts/core/test/crypto/crypto.reference.internals.test.ts",
  "ts/core/test/crypto/native-first-call.test.ts",
  "ts/core/test/crypto/native-unavailable.test.ts",
  "ts/simulator/test/shrink.test.ts",
  "ts/sled-host/test/crash/*.test.ts",
];

/** Tests that are exhaustive or nothing: the quick mode leaves them out. */
const NEVER_QUICK = [
  "ts/debugger/test/browser/browser.test.ts",
  "ts/sled-host/test/crash/export-crash.test.ts",
  "ts/sled-host/test/crash/seeded-mistakes.test.ts",
];

/** `npm test` reads the results from a file. */
function json(): ["json", { outputFile: string }][] {
  const outputFile = process.env["TEST_VITEST_REPORT"];
  return outputFile === undefined ? [] : [["json", { outputFile }]];
}

export default defineConfig(({ mode }) => {
  /** `vitest --mode quick`: see scripts/vitest/effort.ts. */
  const quick = mode === "quick";
  const seed = process.env["TEST_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31));
  if (quick) {
    console.log(`Exhaustive tests go through a sample; TEST_SEED=${seed} chooses the same one.`);
    console.log(`Left to npm test: ${NEVER_QUICK.join(", ")}`);
  }
  // Whoever has it in the environment does not get a sample where everything is asked for.
  delete process.env["TEST_SAMPLE_SEED"];
  const unit = {
    include: tests(""),
    exclude: [...configDefaults.exclude, ...tests(".process"), ...(quick ? NEVER_QUICK : [])],
    setupFiles: ["scripts/vitest/unit.ts"],
  };
  return {
    plugins: [workspaceSources(ROOT)],
    test: {
      // Otherwise one core is left idle, which on a small machine is half of it.
      maxWorkers: "100%",
      reporters: ["default", new EndReporter(), ...json()],
      // A limit against hanging only: no test depends on how fast the machine is.
      testTimeout: Number(process.env["TEST_TIMEOUT_MS"] ?? 120_000),
      hookTimeout: 120_000,
      // What was transformed by the run before is taken from the disk.
      experimental: { fsModuleCache: quick },
      env: quick ? { TEST_SAMPLE_SEED: seed } : {},
      projects: quick
        ? [
            // To load the modules anew for each file would take as long as the tests.
            {
              extends: true,
              test: { ...unit, name: "unit", isolate: false, exclude: [...unit.exclude, ...ALONE] },
            },
            { extends: true, test: { ...unit, name: "unit alone", include: ALONE } },
          ]
        : [
            { extends: true, test: { ...unit, name: "unit" } },
            // What starts processes or opens sockets: scripts/vitest/unit.ts finds those without this name.
            { extends: true, test: { name: "process", include: tests(".process") } },
          ],
    },
  };
});
