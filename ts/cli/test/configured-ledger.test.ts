/** `tq import-lrtq` and `tq recover` reach the ledger of a daemon that no rack.toml of this machine names. */
import { chmodSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseBaseboardId } from "trust-quorum";
import type { Context } from "../src/context.ts";
import { checkOfflineLedger } from "../src/offline-ledger.ts";
import { importLedger, recoverCommand } from "../src/commands/ledgers.ts";
import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
import { inspectLedger } from "@trust-quorum/sled-host/store/inspect";
import { realFolders } from "../../sled-host/test/store/real-folders.ts";

const SOURCE = fileURLToPath(
  new URL("../../../testdata/lrtq-ledgers/5-sleds/BRM42220001.json", import.meta.url),
);

test("a daemon's configuration says whose ledger is imported and recovered, and where", async () => {
  const { root, folders } = realFolders();
  const report = await inspectLedger(SOURCE);
  if (report.kind !== "lrtq" || report.sled === null) throw new Error("no ledger of a sled");
  const self = report.sled;
  const config = path.join(root, "tqd.toml");
  writeFileSync(
    config,
    `[sled]\nid = "${self}"\n[ledger]\nreplicas = ["a", "b"]\n` +
      `[mesh]\ncertificate = "c.pem"\nkey = "k.pem"\nca = "ca.pem"\n`,
  );
  const said: unknown[] = [];
  const context = contextOf(said);

  await importLedger(context, SOURCE, undefined, { config });
  expect(said.at(-1)).toMatchObject({ result: "imported", sled: self });

  rmSync(path.join(folders[1], "ledger.json"));
  await expect(open()).rejects.toMatchObject({ code: "ERR_TQD_STORE_NEEDS_RECOVERY" });
  await recoverCommand(context, undefined, { config });
  expect(said.at(-1)).toMatchObject({ result: "recovered", mode: "rebuild-a" });
  await (await open()).close();

  const both = recoverCommand(context, self, { config });
  await expect(both).rejects.toMatchObject({ code: "ERR_TQ_CLI_USAGE" });

  function open() {
    return openLedgerStore({ self, folders, degraded: false, create: false });
  }
});

test("doctor leaves a ledger alone that a process has open, and names folders that cannot be used", async () => {
  const { root, folders } = realFolders();
  const self = parseBaseboardId("part:S1");
  const toml = `[sled]\nid = "${self}"\n[ledger]\nreplicas = ["a", "b"]\n`;
  const mesh = `[mesh]\ncertificate = "c.pem"\nkey = "k.pem"\nca = "ca.pem"\n`;
  writeFileSync(path.join(root, "tqd.toml"), toml + mesh);
  const store = await openLedgerStore({ self, folders, degraded: false, create: true });
  const busy = await checkOfflineLedger("S1", root);
  expect(busy).toMatchObject({ what: "disks", verdict: "failed" });
  expect(busy.text).toContain("a process has the ledger open");
  expect(busy.advice).toContain("tq down --force S1");
  await store.close();
  chmodSync(folders[0], 0o755);
  expect(await checkOfflineLedger("S1", root)).toMatchObject({ verdict: "ok", advice: null });
  expect(statSync(folders[0]).mode & 0o777).toBe(0o755);
  writeFileSync(path.join(root, "tqd.toml"), toml);
  const unusable = await checkOfflineLedger("S1", root);
  expect(unusable).toMatchObject({ verdict: "failed" });
  expect(unusable.text).toContain("mesh.certificate");
});

/** A context whose rack must not be asked for: there is none. */
function contextOf(said: unknown[]): Context {
  const output = {
    json: true,
    line: () => undefined,
    table: () => "",
    value: (value: unknown) => void said.push(value),
  };
  return { output } as unknown as Context;
}
