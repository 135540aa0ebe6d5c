/** Each invariant can fail: bugs that are put into a copy of the core are caught, and made small. */
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hunt } from "../src/bugs/hunt.ts";
import { BUGS } from "../src/bugs/list.ts";
import type { SeededBug } from "../src/bugs/list.ts";
import { edited, makeTree, removeTree } from "../src/bugs/tree.ts";

const run = promisify(execFile);
const DEBUGGER = fileURLToPath(new URL("../../debugger/bin/tq-debug.js", import.meta.url));

/** Those that are caught soon; `npm run seeded-bugs` hunts all of them. */
const SOON = [
  "chain-drops-older-secrets",
  "commit-epoch-not-compared",
  "commit-forgets-earlier-ones",
  "commit-not-recorded",
  "commit-of-what-was-not-prepared",
  "computes-another-sleds-share",
  "latest-share-not-given",
  "lrtq-digest-unchecked",
  "lrtq-share-counted-twice",
  "members-in-utf16-order",
  "members-told-expunged",
  "pending-answered-as-committed",
  "request-of-another-rack",
  "send-before-persist",
  "share-for-anyone",
  "share-given-away-not-copied",
  "status-names-all-members",
  "threshold-off-by-one",
];

describe("seeded bugs", () => {
  it.each(BUGS)("$name still applies to the source as it is", ({ edits }) => {
    for (const edit of edits) expect(edited(edit.file, [edit])).not.toBe("");
  });

  it("there are at least 30 of them, with names of their own", () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(30);
  });

  it.each(SOON)("%s is caught", async (name) => {
    const caught = await hunt(bug(name), { options: bug(name).options, seeds: 60, shrink: false });
    expect(caught).toBeDefined();
  });

  it("a copy of the core without a bug is not caught", async () => {
    const { options } = bug("send-before-persist");
    expect(await hunt(null, { options, seeds: 5, shrink: false })).toBeUndefined();
  });

  it("a bug that is caught late is shown in a few events", async () => {
    const found = bug("commit-epoch-not-compared");
    const caught = await hunt(found, { options: found.options, seeds: 60, shrink: true });
    expect(caught?.step).toBeGreaterThan(caught?.shrunk?.events ?? Infinity);
    expect(caught?.shrunk?.events).toBeLessThanOrEqual(60);
  });

  it("a bug whose text is gone is an error, and no tree stays behind", () => {
    const edit = { file: "protocol/node.ts", search: "no such text", replace: "" };
    const stale: SeededBug = { name: "stale", what: "", options: {}, edits: [edit] };
    expect(() => makeTree(stale)).toThrow(/is not there any more/u);
  });
});

describe("npm run simulate, on a core with a bug", () => {
  it("fails, prints the seed, the shrunk run and the command that shows it again, and writes a log that opens", async () => {
    const tree = makeTree(bug("commit-not-recorded"));
    try {
      const program = path.join(tree, "ts/simulator/dist/cli/simulate.js");
      const log = path.join(tree, "small.jsonl");
      const flags = "--seeds 1..8 --profile faulty --sleds 5 --jobs 1 --log".split(" ");
      const args = [program, ...flags, log];
      const failed = await run(process.execPath, args).then(
        () => undefined,
        (error: unknown) => error as { code: number; stdout: string },
      );
      expect(failed?.code).toBe(1);
      expect(failed?.stdout).toMatch(/acknowledged-commits-are-kept/u);
      expect(failed?.stdout).toMatch(/seed \d+ in \d+ events/u);
      expect(failed?.stdout).toMatch(
        /Again: npm run simulate -- --seeds \d+ --steps 2000 --profile faulty/u,
      );
      const { stdout } = await run(process.execPath, [DEBUGGER, log, "--exec", "summary"]);
      expect(stdout).toMatch(/Simulation with seed \d+/u);
      expect(stdout).toMatch(/Calls: .*commit 1/u);
    } finally {
      removeTree(tree);
    }
  });
});

function bug(name: string): SeededBug {
  const found = BUGS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no seeded bug ${name}`);
  return found;
}
