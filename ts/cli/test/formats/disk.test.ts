/** This version reads what earlier ones left on disk: ledgers, journal and configuration files. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { RackId } from "trust-quorum";
import { committedMembers, preparedMembers } from "trust-quorum/control";
import { decodeLedger, encodeLedger, wipeState } from "trust-quorum/ledger";
import { rackIdOf } from "trust-quorum/protocol";
import { describe, expect, test } from "vitest";
import { readRackFile } from "../../src/rack-file.ts";
import { Rack } from "../../src/rack.ts";
import { loadConfig } from "@trust-quorum/sled-host/config/load";
import { Journal, readJournal } from "@trust-quorum/control-plane/journal";
import { hex, sha3 } from "@trust-quorum/sled-host/store/digest";
import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
import type { StoreNotice } from "@trust-quorum/sled-host/store/types";
import { Formats, VERSIONS, idsOf, journalFolderOf } from "./fixtures.ts";

/** What `tq inspect` said of a ledger; spelled as in 0.1.0. */
interface Inspected {
  readonly generation: number;
  readonly rackId: string;
  readonly stateDigest: string;
  readonly lrtq: { readonly threshold: number; readonly shareDigest: string } | null;
  readonly configurations: readonly {
    readonly epoch: number;
    readonly coordinator: string;
    readonly members: readonly string[];
    readonly threshold: number;
    readonly committed: boolean;
    readonly share: { readonly x: number; readonly digest: string } | null;
    readonly encryptedSecretsBytes: number | null;
  }[];
  readonly expunged: { readonly epoch: number; readonly from: string } | null;
}

/** What `tq history` said of an epoch; spelled as in 0.1.0. */
interface HistoryRecord {
  readonly epoch: number;
  readonly state: string;
  readonly coordinator: string;
  readonly threshold: number;
  readonly commitCrashTolerance: number;
  readonly members: readonly string[];
  readonly committed: readonly string[];
  readonly prepared: readonly string[];
  readonly abortReason: string | null;
  readonly proposedAt: string;
}

describe.each(VERSIONS)("of version %s", (version) => {
  const formats = new Formats(version);

  test.each(formats.sleds)(
    "the ledger store opens the ledger of %s, finds nothing to repair and the recorded state",
    async (serial) => {
      const home = formats.copy(path.join("sleds", serial));
      const folders = [path.join(home, "ledger-a"), path.join(home, "ledger-b")] as const;
      const notices: StoreNotice[] = [];
      const store = await openLedgerStore({
        self: idOf(serial),
        folders,
        degraded: false,
        create: false,
        onNotice: (notice) => notices.push(notice),
      });
      try {
        // Two folders of one disk are all that a test has.
        expect(notices.filter(({ kind }) => kind !== "sameDevice")).toEqual([]);
        expect(store.health().map(({ state }) => state)).toEqual(["ok", "ok"]);
        const { generation, state } = store.takeLedger();
        const again = decodeLedger(encodeLedger({ generation, state }, sha3), sha3);
        const found: Inspected = {
          generation,
          rackId: rackIdOf(state) ?? "",
          stateDigest: hex(again.stateDigest),
          lrtq: state.lrtq && {
            threshold: state.lrtq.threshold,
            shareDigest: hex(sha3(state.lrtq.share.bytes)),
          },
          configurations: [...state.configs.values()].map((config) => {
            const share = state.shares.get(config.epoch);
            return {
              epoch: config.epoch,
              coordinator: config.coordinator,
              members: config.members,
              threshold: config.threshold,
              committed: state.commits.has(config.epoch),
              share: share ? { x: share.x, digest: hex(sha3(share.bytes)) } : null,
              encryptedSecretsBytes: config.encryptedRackSecrets?.data.length ?? null,
            };
          }),
          expunged: state.expunged,
        };
        wipeState(state);
        wipeState(again.state);
        for (const replica of ["ledger-a", "ledger-b"]) {
          expect(formats.printed(`inspect/${serial}/${replica}`)).toMatchObject(found);
        }
        const network = formats.stage("running").get("network-config")?.body;
        const held = store.networkConfig.current;
        expect({
          generation: held?.generation,
          blob: Buffer.from(held?.blob ?? []).toString("base64"),
        }).toEqual(network);
      } finally {
        await store.close();
      }
    },
  );

  test("the ledgers hold what a rack goes through: LRTQ, an aborted epoch, a removed sled", () => {
    const all = formats.sleds.map(
      (serial) => formats.printed(`inspect/${serial}/ledger-a`) as Inspected,
    );
    expect(all.some(({ lrtq }) => lrtq !== null)).toBe(true);
    expect(all.some(({ expunged }) => expunged !== null)).toBe(true);
    const configurations = all.flatMap((ledger) => ledger.configurations);
    expect(configurations.some(({ committed }) => !committed)).toBe(true);
    expect(configurations.some(({ encryptedSecretsBytes: bytes }) => bytes !== null)).toBe(true);
  });

  test("the journal has the recorded records, and is as before once it was open for writing", async () => {
    const name = journalFolderOf(formats.rack);
    const folder = formats.copy(name);
    const { records: recorded } = formats.printed("history") as { records: HistoryRecord[] };
    const { exists, records } = readJournal(folder);
    expect(exists).toBe(true);
    const found = records.map((record): HistoryRecord => {
      const committed = committedMembers(record);
      return {
        epoch: record.epoch,
        state: record.state,
        coordinator: record.coordinator,
        threshold: record.threshold,
        commitCrashTolerance: record.commitCrashTolerance,
        members: [...record.members.keys()],
        committed,
        prepared: preparedMembers(record).filter((id) => !committed.includes(id)),
        abortReason: record.abortReason,
        proposedAt: new Date(record.timeCreated).toISOString(),
      };
    });
    expect(recorded).toMatchObject(found);
    expect(new Set(recorded.map(({ state }) => state))).toEqual(new Set(["committed", "aborted"]));
    const bytes = () => readFileSync(path.join(folder, "journal"));
    const before = bytes();
    const journal = Journal.open(folder);
    expect(await journal.read(records[0]?.rackId as RackId)).toEqual(records);
    journal.close();
    // So that the version before can go on with it.
    expect(bytes().equals(before)).toBe(true);
  });

  test("the configuration files load, and agree with each other", async () => {
    const ids = idsOf(formats.rack);
    expect(readRackFile(formats.rack)?.sleds.map(({ id }) => id)).toEqual(ids);
    const rack = Rack.open(formats.rack, 1000);
    expect(rack.local).toHaveLength(ids.length);
    for (const id of ids) {
      const home = rack.home(id);
      const config = loadConfig({ file: path.join(home, "tqd.toml") });
      const { mesh } = rack.sled(id);
      expect(config).toMatchObject({
        sled: { id },
        ledger: { replicas: [path.join(home, "ledger-a"), path.join(home, "ledger-b")] },
        mesh: { listen: mesh, peersFile: rack.paths.peers },
        api: { socket: rack.socket(id) },
        eventLog: { enabled: true, folder: path.join(home, "log", "events") },
      });
    }
    await rack.close();
  });

  function idOf(serial: string) {
    const id = idsOf(formats.rack).find((candidate) => candidate.endsWith(`:${serial}`));
    if (id === undefined) throw new Error(`${serial} is not in rack.toml`);
    return id;
  }
});
