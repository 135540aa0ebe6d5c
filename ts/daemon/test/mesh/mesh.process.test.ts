import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRackId, epoch } from "trust-quorum";
import type { PeerMessage } from "trust-quorum";
import { Share } from "trust-quorum/protocol";
import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import {
  TestRack,
  connectedTo,
  endings,
  isConnected,
  peersOf,
  addressOf,
  sledId,
  until,
  portOf,
} from "./rack.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const getShare = (e: number): PeerMessage => ({ rackId: RACK, kind: "getShare", epoch: epoch(e) });

let rack: TestRack;
const proxies: TcpProxy[] = [];
beforeEach(async () => {
  rack = await TestRack.create();
});
afterEach(async () => {
  await rack.close();
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.to(port);
  proxies.push(proxy);
  return proxy;
}

describe("the mesh", () => {
  it("connects every pair once, the smaller id dialing, and carries messages both ways", async () => {
    const sleds = await rack.connect(5);
    for (const sled of sleds) {
      const { peers } = sled.mesh.status();
      expect(peers.map((peer) => peer.id)).toEqual(
        sleds.map(({ id }) => id).filter((id) => id !== sled.id),
      );
      for (const peer of peers) {
        expect(peer.dials).toBe(sled.id < peer.id);
        expect(peer.certificate?.identity).toEqual({ kind: "sled", id: peer.id });
      }
      expect(sled.seen.calls).toHaveLength(4);
      for (const other of sleds) {
        const sent = sled.mesh.send(other.id, { kind: "peer", message: getShare(7) });
        expect(sent).toBe(other !== sled);
      }
    }
    await until("all have arrived", () => sleds.every(({ seen }) => seen.messages.length === 4));
    const opened = sleds.map(({ mesh }) => mesh.counters().events.connectionsOpened);
    expect(opened).toEqual([4, 4, 4, 4, 4]);
  });

  it("zeroes the share of a message as soon as its handler has returned", async () => {
    const [a, b] = await rack.connect(2);
    if (a === undefined || b === undefined) throw new Error();
    const share = Share.copyOf(Uint8Array.of(3, ...new Array<number>(32).fill(7)));
    const message: PeerMessage = { rackId: RACK, kind: "share", epoch: epoch(1), share };
    a.mesh.send(b.id, { kind: "peer", message });
    // It is encoded when send returns, and still the sender's own to zero.
    expect(share.wiped).toBe(false);
    share.wipe();
    await until("it has arrived", () => b.seen.messages.length === 1);
    const received = b.seen.messages[0]?.message;
    if (received?.kind !== "share") throw new Error("another message");
    expect(received.share.wiped).toBe(true);
    expect(b.seen.undecodable).toEqual([]);
  });

  it("sends what waits before it closes, and tells its peers by closing", async () => {
    const [a, b] = await rack.connect(2);
    if (a === undefined || b === undefined) throw new Error();
    for (let i = 0; i < 500; i++) a.mesh.send(b.id, { kind: "peer", message: getShare(i + 1) });
    await a.mesh.close();
    await until("b knows", () => connectedTo(b) === 0);
    expect(b.seen.messages).toHaveLength(500);
    expect(a.seen.calls.at(-1)).toEqual({ kind: "disconnected", peer: b.id, reason: "shutdown" });
    expect(b.seen.calls.at(-1)).toEqual({
      kind: "disconnected",
      peer: a.id,
      reason: "closed_by_peer",
    });
    expect(a.mesh.send(b.id, { kind: "ping" })).toBe(false);
  });

  it("reconnects by itself when a connection breaks, and pairs up connected and disconnected", async () => {
    const a = await rack.sled(1);
    const b = await rack.sled(2);
    const proxy = await proxyTo(portOf(b));
    a.mesh.setPeers([{ id: b.id, address: proxy.address }]);
    b.mesh.setPeers([{ id: a.id, address: addressOf(a) }]);
    for (let round = 1; round <= 3; round++) {
      await until("connected", () => isConnected(a, b) && isConnected(b, a));
      proxy.cut();
      await until("a knows", () => a.seen.calls.length >= 2 * round);
      await until("b knows", () => b.seen.calls.length >= 2 * round);
    }
    await until("connected again", () => isConnected(a, b) && isConnected(b, a));
    for (const { seen } of [a, b]) {
      seen.calls.forEach((call, i) => {
        expect(call.kind).toBe(i % 2 === 0 ? "connected" : "disconnected");
      });
    }
  });

  it("takes a new connection of a peer in place of the old one that only it still believes in", async () => {
    const a = await rack.sled(1);
    const b = await rack.sled(2);
    const proxy = await proxyTo(portOf(b));
    a.mesh.setPeers([{ id: b.id, address: proxy.address }]);
    b.mesh.setPeers([{ id: a.id, address: addressOf(a) }]);
    await until("connected", () => isConnected(a, b) && isConnected(b, a));
    // The old one is dead to a alone: nothing tells b of it.
    const second = await rack.sled(1);
    second.mesh.setPeers([{ id: b.id, address: addressOf(b) }]);
    await until("replaced", () => endings(b, "replaced") > 0);
    a.mesh.setPeers([]);
    await until("the new one is used", () => isConnected(second, b) && isConnected(b, second));
    const kinds = b.seen.calls.map((call) => call.kind);
    kinds.forEach((kind, i) => expect(kind).toBe(i % 2 === 0 ? "connected" : "disconnected"));
  });

  it.each([
    ["in both directions", "drop", "drop"],
    ["towards the target only", "drop", "pass"],
    ["from the target only", "pass", "drop"],
  ] as const)("finds a connection dead that carries nothing %s", async (_, out, back) => {
    const times = { ping: 20, dead: 200 };
    const a = await rack.sled(1, { times });
    const b = await rack.sled(2, { times });
    const proxy = await proxyTo(portOf(b));
    a.mesh.setPeers([{ id: b.id, address: proxy.address }]);
    b.mesh.setPeers([{ id: a.id, address: addressOf(a) }]);
    await until("connected", () => isConnected(a, b) && isConnected(b, a));
    proxy.closed = true;
    proxy.toTarget = out;
    proxy.toClient = back;
    await until("both know", () => !isConnected(a, b) && !isConnected(b, a));
    expect(endings(a, "silent") + endings(b, "silent")).toBeGreaterThan(0);
    proxy.closed = false;
    proxy.toTarget = "pass";
    proxy.toClient = "pass";
    await until("healed", () => isConnected(a, b) && isConnected(b, a));
  });

  it("carries on over a slow line", async () => {
    const a = await rack.sled(1);
    const b = await rack.sled(2);
    const proxy = await proxyTo(portOf(b));
    proxy.delayMs = 100;
    a.mesh.setPeers([{ id: b.id, address: proxy.address }]);
    b.mesh.setPeers([{ id: a.id, address: addressOf(a) }]);
    await until("connected", () => isConnected(a, b) && isConnected(b, a));
    for (let i = 0; i < 100; i++) a.mesh.send(b.id, { kind: "peer", message: getShare(i + 1) });
    await until("all have arrived", () => b.seen.messages.length === 100);
    expect(a.seen.calls).toHaveLength(1);
  });

  it("waits longer after each failure, within its limit", async () => {
    const a = await rack.sled(1, { times: { reconnectMin: 10, reconnectMax: 40 } });
    a.mesh.setPeers([{ id: sledId(2), address: "127.0.0.1:1" }]);
    await until("some attempts", () => endings(a, "connect_failed") >= 6);
    const [peer] = a.mesh.status().peers;
    expect(peer?.lastEnding).toMatchObject({ reason: "connect_failed" });
    expect(peer?.lastEnding?.text).toContain("ECONNREFUSED");
    expect(peer?.reconnectInMs ?? 0).toBeLessThanOrEqual(40);
  });

  it("follows its list of peers: drops who is gone, keeps who stays, finds who has moved", async () => {
    const [a, b, c] = await rack.connect(3);
    if (a === undefined || b === undefined || c === undefined) throw new Error();
    for (const sled of [a, b]) sled.mesh.setPeers(peersOf([a, b]));
    await until("c is alone", () => connectedTo(c) === 0);
    expect(a.seen.calls.at(-1)).toEqual({
      kind: "disconnected",
      peer: c.id,
      reason: "peer_removed",
    });
    expect(isConnected(a, b)).toBe(true);
    expect(a.seen.calls.filter(({ peer }) => peer === b.id)).toHaveLength(1);
    // a dials c, which has moved meanwhile.
    await c.mesh.close();
    const moved = await rack.sled(3);
    moved.mesh.setPeers(peersOf([a, b]));
    a.mesh.setPeers([...peersOf([a, b]), { id: c.id, address: "127.0.0.1:1" }]);
    await until("it is not there", () => endings(a, "connect_failed") > 0);
    a.mesh.setPeers([...peersOf([a, b]), { id: c.id, address: addressOf(moved) }]);
    await until("it was found", () => isConnected(a, moved) && isConnected(moved, a));
    expect(isConnected(a, b)).toBe(true);
  });

  it("uses reloaded certificates for new connections, and keeps the old ones where the new are bad", async () => {
    const [a, b] = await rack.connect(2);
    if (a === undefined || b === undefined) throw new Error();
    const before = a.mesh.status().certificate?.fingerprint;
    const foreign = await issueSledCertificate(rack.ca, sledId(9));
    await rack.files("1", foreign);
    await expect(a.mesh.reloadTls()).resolves.toMatchObject({
      code: "ERR_TQD_CERTIFICATE_INVALID",
    });
    expect(a.mesh.status().certificateProblem).toContain("BRM0009");
    expect(a.mesh.status().certificate?.fingerprint).toBe(before);
    expect(isConnected(a, b)).toBe(true);

    // The files are watched: nobody has to call anything.
    await rack.files("1", await issueSledCertificate(rack.ca, a.id));
    await until("loaded", () => a.mesh.status().certificate?.fingerprint !== before);
    expect(a.mesh.status().certificateProblem).toBeNull();
    expect(isConnected(a, b)).toBe(true);
    const after = a.mesh.status().certificate?.fingerprint;
    const seenByB = () => b.mesh.status().peers[0]?.certificate?.fingerprint;
    expect(seenByB()).toBe(before);
    b.mesh.setPeers([]);
    b.mesh.setPeers(peersOf([a]));
    await until("b sees it", () => seenByB() === after);
  });

  it("parts with a peer whose authority was taken out of the trusted ones, and with nobody else", async () => {
    const next = await createAuthority("next");
    const ca = path.join(rack.folder, "ca.pem");
    await writeFile(ca, rack.ca.certificate + next.certificate);
    const a = await rack.sled(1, { issued: await issueSledCertificate(next, sledId(1)) });
    const old = await rack.sled(2);
    const renewed = await rack.sled(3, { issued: await issueSledCertificate(next, sledId(3)) });
    const dialing = await rack.sled(0);
    const all = [dialing, a, old, renewed];
    for (const { mesh } of all) mesh.setPeers(peersOf(all));
    await until("all are connected", () => all.every((sled) => connectedTo(sled) === 3));

    // Another order of the same authorities is no change, and closes nothing.
    await writeFile(ca, next.certificate + rack.ca.certificate);
    await expect(a.mesh.reloadTls()).resolves.toBeUndefined();
    expect(connectedTo(a)).toBe(3);

    await writeFile(ca, next.certificate);
    await expect(a.mesh.reloadTls()).resolves.toBeUndefined();
    for (const gone of [old, dialing]) {
      expect(isConnected(a, gone)).toBe(false);
      const status = a.mesh.status().peers.find(({ id }) => id === gone.id);
      expect(status?.lastEnding?.reason).toBe("untrusted_certificate");
      expect(status?.lastEnding?.text).toContain("no trusted authority");
    }
    expect(isConnected(a, renewed)).toBe(true);
    expect(a.seen.calls.filter(({ kind }) => kind === "disconnected")).toHaveLength(2);
    await until("refused from now on", () => endings(a, "untrusted_certificate") > 3);
    expect(isConnected(a, old) || isConnected(a, dialing)).toBe(false);
  });

  it("refuses to start on a bad address, a taken port or another sled's certificate", async () => {
    const a = await rack.sled(1);
    await expect(rack.sled(2, { listen: "nonsense" })).rejects.toMatchObject({
      code: "ERR_TQD_LISTEN_FAILED",
      details: { key: "mesh.listen" },
    });
    await expect(rack.sled(2, { listen: addressOf(a) })).rejects.toMatchObject({
      code: "ERR_TQD_LISTEN_FAILED",
      details: { problem: expect.stringContaining("EADDRINUSE") as string },
    });
    const issued = await issueSledCertificate(rack.ca, sledId(7));
    await expect(rack.sled(2, { issued })).rejects.toMatchObject({
      code: "ERR_TQD_CERTIFICATE_INVALID",
    });
  });
});
