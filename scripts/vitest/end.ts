/** What stands at the end of a run of vitest: which files took longest, and what was skipped and why. */
import path from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";

const SLOWEST = 10;

/** A test that was skipped, in words. */
function skippedText(test: TestCase): string {
  const { note } = test.result() as { note?: string };
  return note === undefined ? test.fullName : `${test.fullName}: ${note}`;
}

/**
 * The lines for a run.
 *
 * @param root Where files are named from
 */
export function endOf(modules: readonly TestModule[], root: string): string[] {
  const name = ({ moduleId }: TestModule) => path.relative(root, moduleId);
  const took = modules.map((module) => [module.diagnostic().duration, name(module)] as const);
  const slowest = took.sort(([a], [b]) => b - a).slice(0, SLOWEST);
  const skipped = modules.flatMap((module) =>
    [...module.children.allTests("skipped")].map(
      (test) => `  ${name(module)}: ${skippedText(test)}`,
    ),
  );
  return [
    "Slowest files:",
    ...slowest.map(([ms, file]) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${file}`),
    ...(skipped.length === 0 ? ["Nothing was skipped."] : ["Skipped:", ...skipped]),
  ];
}

/** Vitest's own reporter says the rest. */
export class EndReporter implements Reporter {
  #root = "";

  onInit(vitest: { readonly config: { readonly root: string } }): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log(`\n${endOf(modules, this.#root).join("\n")}`);
  }
}
