/** Event logs that earlier versions of the daemon wrote are read, and replay without a difference. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { nativeCrypto } from "trust-quorum";
import { describe, expect, test } from "vitest";
import { openLogFile } from "../src/files.ts";
import { Replay, Timeline } from "../src/index.ts";

const FORMATS = fileURLToPath(new URL("../../../testdata/formats", import.meta.url));
const crypto = nativeCrypto();

/** The files of each sled's log, in their order. */
function logsOf(version: string): [serial: string, files: string[]][] {
  const sleds = path.join(FORMATS, version, "rack", "sleds");
  const names = readdirSync(sleds, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".jsonl")).sort();
  const serials = [...new Set(files.map((name) => name.split(path.sep)[0] ?? ""))];
  return serials.map((serial) => {
    const own = files.filter((name) => name.startsWith(serial + path.sep));
    return [serial, own.map((name) => path.join(sleds, name))];
  });
}

describe.each(readdirSync(FORMATS))("of version %s", (version) => {
  const logs = logsOf(version);

  test("there are logs of a sled that ran through and of one that was restarted", () => {
    expect(logs.map(([, files]) => files.length).sort()).toEqual([1, 2]);
  });

  test.each(logs)("the log of %s replays to the recorded state", (serial, files) => {
    for (const file of files) {
      const log = openLogFile(file, { crypto });
      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      // Besides the header, lines without an event name configurations.
      expect(log.events.length).toBe(lines.filter((line) => "index" in JSON.parse(line)).length);
      const replay = new Replay(log, { crypto });
      replay.runTo(log.events.length);
      expect(replay.divergences).toEqual([]);
      if (file !== files.at(-1)) continue;

      const inspected = JSON.parse(
        readFileSync(path.join(FORMATS, version, "tq", "inspect", serial, "ledger-a.json"), "utf8"),
      ) as {
        generation: number;
        configurations: { epoch: number; committed: boolean; share: object | null }[];
      };
      const timeline = new Timeline(log);
      const [node] = timeline.nodes;
      const view = node && timeline.at(node, log.events.length);
      const epochs = (list: typeof inspected.configurations) => list.map(({ epoch }) => epoch);
      const { configurations } = inspected;
      expect(view?.generation).toBe(inspected.generation);
      expect([...(view?.state.configs.keys() ?? [])]).toEqual(epochs(configurations));
      expect([...(view?.state.shares.keys() ?? [])]).toEqual(
        epochs(configurations.filter(({ share }) => share !== null)),
      );
      expect(view?.state.commits).toEqual(
        epochs(configurations.filter(({ committed }) => committed)),
      );
    }
  });
});
