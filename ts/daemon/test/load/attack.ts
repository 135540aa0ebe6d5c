/** A rack of real daemons under attack: it goes on, and each attacker is counted under its reason. */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseBaseboardId } from "trust-quorum";
import { encodeFramedMessage } from "trust-quorum/wire";
import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import { tcp, tls } from "../mesh/attackers.ts";
import { TestRack, waitFor } from "../tqd/rack.ts";
import type { TestSled } from "../tqd/rack.ts";
import { mib, openFiles, residentBytes } from "./measure.ts";

/** What an attack came to. */
export interface AttackResult {
  readonly connections: number;
  readonly seconds: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly openFilesMax: number;
  readonly grownBytes: number;
  readonly connectionsLost: number;
}

/** Connects so many times to one sled of a rack, in every hostile way, while another one restarts and unlocks. */
export async function attack(
  options: { readonly connections: number },
  print: (line: string) => void,
): Promise<AttackResult> {
  const rack = await TestRack.create(4);
  const [target, ...others] = rack.sleds;
  if (target === undefined) throw new Error("no sleds");
  const flags = ["--log-level", "warn"];
  try {
    for (const sled of rack.sleds) await sled.start({ flags });
    await rack.reconfigure({ epoch: 1, members: rack.sleds, threshold: 3 });
    await rack.allUnlocked(1);
    const ways = await hostileWays(rack, target);
    const before = await linksOf(target);
    const pid = target.process?.pid ?? 0;
    const resident = residentBytes(pid);
    let openFilesMax = 0;
    const open: Socket[] = [];
    const begin = performance.now();
    for (let i = 0; i < options.connections; i++) {
      const way = ways[i % ways.length];
      if (way !== undefined) open.push(await way());
      if (i % 100 === 0) openFilesMax = Math.max(openFilesMax, openFiles(pid));
      if (i === Math.floor(options.connections / 2)) await restart(others.at(-1), flags);
    }
    const seconds = (performance.now() - begin) / 1000;
    for (const socket of open) socket.destroy();
    await waitFor("nothing is pending", async () => {
      await sleep(100);
      return openFiles(pid) < 60;
    });
    const after = await linksOf(target);
    const restarted = others.at(-1)?.id;
    const lost = [...before].filter(([id, at]) => id !== restarted && after.get(id) !== at);
    const result = {
      connections: options.connections,
      seconds,
      refused: await refusals(target),
      openFilesMax,
      grownBytes: residentBytes(pid) - resident,
      connectionsLost: lost.length,
    };
    report(result, print);
    return result;
  } finally {
    await rack.destroy();
  }
}

function report(result: AttackResult, print: (line: string) => void): void {
  print(
    `${result.connections} hostile connections in ${result.seconds.toFixed(1)} s; meanwhile a sled restarted and unlocked`,
  );
  for (const [reason, count] of Object.entries(result.refused)) {
    print(`  ${reason.padEnd(24)} ${count}`);
  }
  print(`open files at most ${result.openFilesMax}, memory grown by ${mib(result.grownBytes)}`);
  print(`connections of honest peers lost: ${result.connectionsLost}`);
}

/** A sled of the rack comes back while the attack goes on: it must get in and unlock. */
async function restart(sled: TestSled | undefined, flags: readonly string[]): Promise<void> {
  if (sled === undefined) return;
  await sled.kill("SIGKILL");
  await sled.start({ flags });
  await waitFor(`${sled.id} unlocks`, async () => (await sled.lock()).state === "unlocked");
}

async function hostileWays(rack: TestRack, target: TestSled): Promise<(() => Promise<Socket>)[]> {
  const [host = "", port = ""] = target.address.split(":");
  const at = { host, port: Number(port) };
  const own = parseBaseboardId(target.id);
  const stranger = parseBaseboardId("913-0000019:STRANGER");
  const foreign = await issueSledCertificate(await createAuthority("test"), own);
  const expired = await issueSledCertificate(rack.authority, stranger, {
    notBefore: new Date(0),
    days: 9,
  });
  const unknown = await issueSledCertificate(rack.authority, stranger);
  const mirror = await issueSledCertificate(rack.authority, own);
  const ping = encodeFramedMessage({ kind: "ping" });
  const plain = async (bytes?: string | Uint8Array): Promise<Socket> => {
    const socket = await tcp(at.port, at.host);
    if (bytes !== undefined) socket.write(bytes);
    return socket;
  };
  const secured = async (issued: Parameters<typeof tls>[1]): Promise<Socket> => {
    const socket = await tls(at.port, issued, { host: at.host });
    socket.write(ping);
    return socket;
  };
  return [
    () => plain(),
    () => plain(Buffer.from("1603010200010001fc0303", "hex")),
    () => plain("GET / HTTP/1.1\r\n\r\n"),
    () => plain(Buffer.alloc(4096)),
    () => secured(undefined),
    () => secured(foreign),
    () => secured(expired),
    () => secured(unknown),
    () => secured(mirror),
    async () => (await plain()).destroy(),
  ];
}

async function linksOf(sled: TestSled): Promise<Map<string, string | null>> {
  const { peers } = await sled.status();
  return new Map(peers.map(({ id, connectedSince }) => [id, connectedSince]));
}

async function refusals(sled: TestSled): Promise<Record<string, number>> {
  const { text } = await sled.get("/metrics");
  const lines = text.matchAll(/^trust_quorum_transport_refused_total\{reason="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(
    [...lines]
      .map(([, reason = "", count]) => [reason, Number(count)] as const)
      .filter(([, n]) => n > 0),
  );
}
