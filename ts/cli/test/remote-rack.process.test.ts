/**
 * A rack whose machines are asked over TLS, as an operator's desk sees it: an inventory by hand, and
 * nothing of the sleds on this machine.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueOperatorCertificate } from "@trust-quorum/sled-host/pki/authority";
import type { IssuedCertificate } from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
import { TestRack } from "../../daemon/test/tqd/rack.ts";
import { TryRack } from "./tq.ts";

const desk = new TryRack();
let machines: TestRack;
const apiOf = (address: string): string => address.replace(":7750", ":7751");

beforeAll(async () => {
  machines = await TestRack.create(
    4,
    ({ address }, { ca }) => `
[event_log]
enabled = true
folder = "events"
[api.tls]
listen = "${apiOf(address)}"
certificate = "sled.pem"
key = "sled.key"
ca = "${ca}"
operators = ["alice"]
`,
  );
  await machines.start();
  await writeInventory(await issueOperatorCertificate(machines.authority, "alice"));
});
afterAll(async () => {
  await machines.destroy();
  await desk.clean();
});

/** What somebody writes by hand for a rack on many machines. */
async function writeInventory(operator: IssuedCertificate, swapped = false): Promise<void> {
  mkdirSync(desk.rack, { recursive: true });
  const at = (name: string): string => path.join(desk.rack, name);
  await writeCertificate({ certificate: at("alice.pem"), key: at("alice.key") }, operator);
  writeFileSync(at("ca.pem"), machines.authority.certificate);
  const urls = machines.sleds.map(({ address }) => `https://${apiOf(address)}`);
  if (swapped) urls.reverse();
  const sleds = machines.sleds.map(
    ({ id }, i) => `[[sleds]]\nid = "${id}"\nurl = "${urls[i] ?? ""}"\n`,
  );
  writeFileSync(
    at("rack.toml"),
    `version = 1
origin = "new"
rack_id = "${machines.rackId}"

[operator]
certificate = "alice.pem"
key = "alice.key"
ca = "ca.pem"

${sleds.join("\n")}`,
  );
}

test("forms its first configuration, adds and removes members, and shows them unlocked, all over TLS", async () => {
  expect(await desk.json("create", "--members", "BRM1", "BRM2", "BRM3")).toMatchObject({
    result: "committed",
    epoch: 1,
  });
  await desk.ok("unlock", "--wait", "BRM1", "BRM2", "BRM3");
  const first = await desk.until(({ unlocked }) => unlocked);
  expect(first).toMatchObject({ epoch: 1, missing: [] });
  expect(await desk.json("member", "add", "BRM4")).toMatchObject({ result: "committed", epoch: 2 });
  expect(await desk.json("member", "remove", "--yes", "BRM2")).toMatchObject({
    result: "committed",
    epoch: 3,
  });
  const seen = await desk.until(({ unlocked, epoch }) => unlocked && epoch === 3);
  expect(seen.members).toEqual(["BRM1", "BRM3", "BRM4"].map((serial) => `913-0000019:${serial}`));
});

test("gives its event logs and a diagnosis, and refuses what only the machine itself can do", async () => {
  expect(await desk.json("log", "--output", "logs", "BRM1", "BRM3")).toMatchObject({
    result: "collected",
  });
  expect(await desk.ok("doctor")).toContain("tqd 0.1.0 answers");
  const key = ["key", "BRM1", "--purpose", "zfs", "--disk", "d", "--output", "key", "--json"];
  const refused = await desk.run(key);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("ERR_TQD_KEYS_ONLY_LOCALLY");
  for (const command of [
    ["down", "BRM1"],
    ["recover", "BRM1"],
  ]) {
    const ended = await desk.run(command);
    expect(ended.code, command.join(" ")).not.toBe(0);
    expect(ended.stderr).toContain("does not run on this machine");
  }
});

test("believes no sled at another sled's address, and no sled believes an operator of elsewhere", async () => {
  await writeInventory(await issueOperatorCertificate(machines.authority, "alice"), true);
  const swapped = await desk.run(["status", "--check"]);
  expect(swapped.code).not.toBe(0);
  expect(swapped.stdout).toContain("no answer");
  const askedBy = async (authority: IssuedCertificate, name: string): Promise<string> => {
    await writeInventory(await issueOperatorCertificate(authority, name));
    const ended = await desk.run(["log", "--output", `of-${name}`, "BRM1", "--json"]);
    expect(ended.code).toBe(1);
    return ended.stdout;
  };
  expect(await askedBy(machines.authority, "mallory")).toContain("not listed in api.tls.operators");
  expect(await askedBy(await createAuthority("elsewhere"), "alice")).toContain("gave no log");
});
