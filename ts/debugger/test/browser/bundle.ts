/** What a page uses, as a bundler builds it for browsers. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** The packages that run in a browser, by the names that they have in the bundle. */
export const PACKAGES: Readonly<Record<string, string>> = {
  core: "trust-quorum",
  eventLog: "@trust-quorum/event-log",
  replay: "@trust-quorum/replay",
  explain: "@trust-quorum/explain",
  simulator: "@trust-quorum/simulator",
};

/**
 * What browsers lack, or refuse under a strict Content-Security-Policy. Hash functions have a method
 * `process`, which is none of Node's.
 */
const FORBIDDEN =
  /\bnode:\w+|\bBuffer\b|\bglobalThis\.process\b|(?<!\.)\bprocess\b(?!\s*\()|\brequire\s*\(|\beval\s*\(|\bFunction\s*\(/g;

/** A program, bundled with all that it imports. */
export interface Bundle {
  readonly code: string;
  /** What is not for browsers: modules left out of the bundle, names, and the bundler's warnings. */
  readonly problems: readonly string[];
  /** The modules in it. */
  readonly modules: readonly string[];
}

/** Bundles a program; the packages are there under the names of {@link PACKAGES}. */
export async function bundle(
  program: string,
  options: { packages?: Readonly<Record<string, string>>; treeshake?: boolean } = {},
): Promise<Bundle> {
  const { packages = PACKAGES, treeshake = false } = options;
  const imports = Object.entries(packages).map(
    ([name, module]) => `import * as ${name} from ${JSON.stringify(module)};\n`,
  );
  const warnings: string[] = [];
  const build = await rolldown({
    input: "page",
    cwd: PACKAGE,
    platform: "browser",
    // Everything that is reached counts, also what nobody calls.
    treeshake,
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === "page" ? `${PACKAGE}page.js` : undefined),
        load: (id) => (id === `${PACKAGE}page.js` ? `${imports.join("")}${program}` : undefined),
      },
    ],
    onLog: (_, { code = "warning" }) => void warnings.push(code),
  });
  const { output } = await build.generate({ format: "iife", comments: false });
  await build.close();
  const [{ code, imports: outside, dynamicImports, moduleIds }, ...others] = output;
  const names = Array.from(code.matchAll(FORBIDDEN), ([name]) => name);
  const files = others.map(({ fileName }) => fileName);
  return {
    code,
    problems: [...warnings, ...outside, ...dynamicImports, ...files, ...names],
    modules: moduleIds,
  };
}

/**
 * A program that simulates the racks of the global `runs`, each with all of its faults, and calls the
 * global `done` with what came of them, as JSON: their event logs show every step to the byte.
 */
export const SIMULATES = `
  try {
    globalThis.done(JSON.stringify(globalThis.runs.map(({ seed, options }) => {
      const { failure, steps, calls, coverage } = simulator.simulate(seed, options, "reference");
      const schedule = simulator.record(seed, options, "reference");
      const log = simulator.recordLog(schedule, "reference");
      const digest = core.referenceCrypto().sha3_256(new TextEncoder().encode(log));
      return { failure, steps, calls, coverage, bytes: log.length, digest: Array.from(digest) };
    })));
  } catch (error) {
    globalThis.done(JSON.stringify({ failed: String(error && error.stack) }));
  }
`;

/**
 * A program that opens the log whose text, or whose stream, is the global `source`, replays and explains
 * it, and calls the global `done` with what it found, as JSON.
 */
export const OPENS_A_LOG = `
  (async () => {
    const crypto = core.referenceCrypto();
    const given = globalThis.source;
    const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
    const log = await replay.openLogOrTrace(bytes, { crypto });
    const run = new replay.Replay(log, { crypto });
    run.runTo(log.events.length);
    const names = explain.Names.of(log);
    const facts = new explain.Facts(new replay.Timeline(log), log.events.length);
    const why = explain.explain(facts, names, names.resolve("9999"), 10);
    let refused = null;
    try {
      eventLog.readLog(new TextEncoder().encode('{"trustQuorumLog":1}'));
    } catch (error) {
      refused = error.message;
    }
    globalThis.done(JSON.stringify({
      events: log.events.length,
      replayed: run.position,
      divergences: run.divergences,
      reasons: [...why.general, ...why.notAcknowledged, ...why.notCommitted, ...why.notUnlocked],
      refused,
    }));
  })().catch((error) => globalThis.done(JSON.stringify({ failed: String(error && error.stack) })));
`;
