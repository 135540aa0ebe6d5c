/** What travels through the mesh besides peer messages: network configurations and proxied requests. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { epoch, parseRackId } from "trust-quorum";
import { encodeFramedMessage, parseRequestId } from "trust-quorum/wire";
import type { ProxyOperation, ProxyResult } from "trust-quorum/wire";
import {
  NETWORK_CONFIG_BYTES_MAX,
  NETWORK_CONFIG_FREE_GENERATION_MAX,
  NETWORK_CONFIG_GENERATION_MAX,
  NETWORK_CONFIG_JUMP_MAX,
} from "../../src/mesh/limits.ts";
import { issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import { tls } from "./attackers.ts";
import { TestRack, connectedTo, peersOf, portOf, sledId, until } from "./rack.ts";
import type { Sled } from "./rack.ts";

let rack: TestRack;
beforeEach(async () => {
  rack = await TestRack.create();
});
afterEach(() => rack.close());

async function sleds(count: number, options?: Parameters<TestRack["connect"]>[1]) {
  const [a, b, c] = await rack.connect(count, options);
  if (a === undefined || b === undefined) throw new Error();
  return { a, b, c };
}
const held = (sled: Sled) => sled.mesh.networkConfig?.generation ?? null;
const blob = (...bytes: number[]) => Uint8Array.from(bytes);

describe("network configurations", () => {
  it("reach every peer, are durable before they are told on, and the highest generation wins", async () => {
    const { a, b, c } = await sleds(3);
    await a.mesh.setNetworkConfig({ generation: 3, blob: blob(1, 2, 3) });
    await until("all have it", () => held(b) === 3 && c !== undefined && held(c) === 3);
    expect(b.store.current?.blob).toEqual(blob(1, 2, 3));
    expect(b.seen.configs).toHaveLength(1);
    await b.mesh.setNetworkConfig({ generation: 5, blob: blob(5) });
    await until("all have it", () => held(a) === 5);
    await expect(a.mesh.setNetworkConfig({ generation: 5, blob: blob(6) })).rejects.toMatchObject({
      code: "ERR_TQD_STALE_NETWORK_CONFIG",
      details: { current: 5, got: 5 },
    });
    expect(a.mesh.networkConfig?.blob).toEqual(blob(5));
  });

  it("are told to a peer when it connects, in whichever direction the newer one is", async () => {
    const a = await rack.sled(1);
    const b = await rack.sled(2);
    await a.mesh.setNetworkConfig({ generation: 1, blob: blob(1) });
    await b.mesh.setNetworkConfig({ generation: 2, blob: blob(2) });
    for (const sled of [a, b]) sled.mesh.setPeers(peersOf([a, b]));
    await until("a has the newer one", () => held(a) === 2);
    expect(held(b)).toBe(2);
  });

  it("are bounded in size and generation, from an operator and from a peer", async () => {
    const { a, b } = await sleds(2);
    const large = new Uint8Array(NETWORK_CONFIG_BYTES_MAX + 1);
    await expect(a.mesh.setNetworkConfig({ generation: 1, blob: large })).rejects.toMatchObject({
      code: "ERR_TQD_NETWORK_CONFIG_TOO_LARGE",
    });
    for (const generation of [-1, 0.5, NETWORK_CONFIG_GENERATION_MAX + 1]) {
      await expect(a.mesh.setNetworkConfig({ generation, blob: blob() })).rejects.toMatchObject({
        code: "ERR_TQD_BAD_REQUEST",
      });
    }
    a.mesh.send(b.id, { kind: "networkConfig", generation: 1, blob: large });
    const generation = NETWORK_CONFIG_GENERATION_MAX + 1;
    a.mesh.send(b.id, { kind: "networkConfig", generation, blob: blob(1) });
    await until("refused", () => b.mesh.counters().events.networkConfigsRefused === 2);
    expect(held(b)).toBeNull();
    const full = new Uint8Array(NETWORK_CONFIG_BYTES_MAX).fill(255);
    await a.mesh.setNetworkConfig({ generation: NETWORK_CONFIG_FREE_GENERATION_MAX, blob: full });
    await until("the largest fits", () => held(b) === NETWORK_CONFIG_FREE_GENERATION_MAX);
    expect(b.mesh.networkConfig?.blob).toEqual(full);
  });

  it("of one generation and two contents are noticed, and each sled keeps its own", async () => {
    const { a, b } = await sleds(2);
    await a.mesh.setNetworkConfig({ generation: 1, blob: blob(1) });
    await until("both", () => held(b) === 1);
    a.mesh.send(b.id, { kind: "networkConfig", generation: 1, blob: blob(9) });
    await until("noticed", () => b.mesh.counters().events.networkConfigConflicts === 1);
    expect(b.mesh.networkConfig?.blob).toEqual(blob(1));
  });

  it("in a flood cost one save at a time, and the last one wins", async () => {
    const { a, b } = await sleds(2);
    let open = (): void => undefined;
    b.store.gate = new Promise((resolve) => (open = resolve));
    for (let generation = 1; generation <= 200; generation++) {
      a.mesh.send(b.id, { kind: "networkConfig", generation, blob: blob(generation) });
    }
    const received = () => b.mesh.counters().events.framesReceived;
    await until("all have arrived", () => received() > 200);
    expect(b.store.saves).toBe(1);
    open();
    await until("the last one", () => held(b) === 200);
    expect(b.store.saves).toBe(2);
  });

  it("of a peer never leave too little room for an operator's next one", async () => {
    const { a, b } = await sleds(2);
    const offer = (generation: number) =>
      a.mesh.send(b.id, { kind: "networkConfig", generation, blob: blob(1) });
    const refused = (count: number) =>
      until("refused", () => b.mesh.counters().events.networkConfigsRefused === count);
    offer(NETWORK_CONFIG_GENERATION_MAX);
    await refused(1);
    expect(held(b)).toBeNull();
    const free = NETWORK_CONFIG_FREE_GENERATION_MAX;
    offer(free);
    await until("taken", () => held(b) === free);
    offer(free + NETWORK_CONFIG_JUMP_MAX + 1);
    await refused(2);
    offer(free + NETWORK_CONFIG_JUMP_MAX);
    await until("taken", () => held(b) === free + NETWORK_CONFIG_JUMP_MAX);
    await b.mesh.setNetworkConfig({ generation: free + NETWORK_CONFIG_JUMP_MAX + 1, blob: blob() });
  });

  it("of an operator that every peer would refuse is refused here too, and changes nothing", async () => {
    const { a, b } = await sleds(2);
    const free = NETWORK_CONFIG_FREE_GENERATION_MAX;
    const set = (generation: number) => a.mesh.setNetworkConfig({ generation, blob: blob(1) });
    for (const generation of [free + 1, NETWORK_CONFIG_GENERATION_MAX]) {
      await expect(set(generation)).rejects.toMatchObject({
        code: "ERR_TQD_BAD_REQUEST",
        details: {
          problem: expect.stringContaining(`at most ${NETWORK_CONFIG_JUMP_MAX}`) as string,
        },
      });
    }
    expect([held(a), a.store.saves]).toEqual([null, 0]);
    await set(free);
    await expect(set(free + NETWORK_CONFIG_JUMP_MAX + 1)).rejects.toMatchObject({
      code: "ERR_TQD_BAD_REQUEST",
    });
    await set(free + NETWORK_CONFIG_JUMP_MAX);
    await until("the peer has it", () => held(b) === free + NETWORK_CONFIG_JUMP_MAX);
    expect(b.mesh.counters().events.networkConfigsRefused).toBe(0);
  });

  it("that rise without end cost one save in an interval, and an operator need not wait for it", async () => {
    const { a, b } = await sleds(2, { times: { networkConfig: 3_600_000 } });
    const offer = (generation: number) =>
      a.mesh.send(b.id, { kind: "networkConfig", generation, blob: blob(1) });
    offer(1);
    await until("taken", () => held(b) === 1);
    const before = b.mesh.counters().events.framesReceived;
    for (let generation = 2; generation <= 500; generation++) offer(generation);
    await until("all have arrived", () => b.mesh.counters().events.framesReceived > before + 500);
    expect(b.store.saves).toBe(1);
    await b.mesh.setNetworkConfig({ generation: 1000, blob: blob(2) });
    expect(b.store.saves).toBe(2);
    await until("told on", () => held(a) === 1000);
  });

  it("that cannot be saved are not adopted, and come again with the next connection", async () => {
    const { a, b } = await sleds(2);
    b.store.gate = Promise.reject(new Error("ENOSPC"));
    b.store.gate.catch(() => undefined);
    await a.mesh.setNetworkConfig({ generation: 1, blob: blob(1) });
    await until("tried", () => b.store.saves === 1);
    b.store.gate = Promise.resolve();
    expect(held(b)).toBeNull();
    b.mesh.setPeers([]);
    b.mesh.setPeers(peersOf([a]));
    await until("adopted", () => held(b) === 1);
  });
});

describe("proxied requests", () => {
  const commit: ProxyOperation = {
    kind: "commit",
    rackId: parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0"),
    epoch: epoch(4),
  };

  it("are answered by the peer that is asked, however the answers overtake each other", async () => {
    const { a, b } = await sleds(2);
    const waiting: ((result: ProxyResult) => void)[] = [];
    b.answer = (op, peer) => {
      expect(peer).toBe(a.id);
      expect(op).toEqual(commit);
      return new Promise((resolve) => waiting.push(resolve));
    };
    const first = a.mesh.proxy(b.id, commit);
    const second = a.mesh.proxy(b.id, commit);
    await until("both were asked", () => waiting.length === 2);
    expect(a.mesh.proxiedRequests).toBe(2);
    waiting[1]?.({ kind: "commit", status: "pending" });
    await expect(second).resolves.toEqual({ kind: "commit", status: "pending" });
    waiting[0]?.({ kind: "error", error: { kind: "noInnerError" } });
    await expect(first).resolves.toEqual({ kind: "error", error: { kind: "noInnerError" } });
    expect(a.mesh.proxiedRequests).toBe(0);
  });

  it("fail with a reason: unknown, not connected, no answer, gone while it is asked, too many", async () => {
    const { a, b } = await sleds(2, { limits: { proxyingMax: 3 } });
    b.answer = () => new Promise(() => undefined);
    const code = (name: string) => expect.objectContaining({ code: name }) as Error;
    await expect(a.mesh.proxy(sledId(9), commit)).rejects.toEqual(code("ERR_TQD_UNKNOWN_PEER"));
    await expect(a.mesh.proxy(b.id, commit, 30)).rejects.toEqual(code("ERR_TQD_PROXY_TIMEOUT"));
    const three = [1, 2, 3].map(() => a.mesh.proxy(b.id, commit));
    const ends = Promise.allSettled(three);
    await expect(a.mesh.proxy(b.id, commit)).rejects.toEqual(code("ERR_TQD_PROXY_BUSY"));
    await b.mesh.close();
    for (const end of await ends) {
      expect(end).toEqual({ status: "rejected", reason: code("ERR_TQD_PEER_NOT_CONNECTED") });
    }
    await expect(a.mesh.proxy(b.id, commit)).rejects.toEqual(code("ERR_TQD_PEER_NOT_CONNECTED"));
    expect(a.mesh.proxiedRequests).toBe(0);
  });

  it("of a peer are bounded, and an answer that nobody waits for is counted", async () => {
    const { a } = await sleds(2, { limits: { proxiedPerPeerMax: 4 } });
    let asked = 0;
    a.answer = () => {
      asked++;
      return new Promise(() => undefined);
    };
    const first = sledId(0);
    a.mesh.setPeers([{ id: first, address: "127.0.0.1:1" }]);
    const socket = await tls(portOf(a), await issueSledCertificate(rack.ca, first));
    const id = (n: number) => parseRequestId(`a7db6b2f-d20c-45b5-9887-cf7729a8e9${n + 10}`);
    for (const n of [0, 0, 1, 2, 3, 4, 5]) {
      socket.write(encodeFramedMessage({ kind: "proxyRequest", requestId: id(n), op: commit }));
    }
    const result = { kind: "commit", status: "committed" } as const;
    socket.write(encodeFramedMessage({ kind: "proxyResponse", requestId: id(0), result }));
    const { events } = a.mesh.counters();
    expect(events.proxyRequestsDropped).toBe(0);
    await until("counted", () => a.mesh.counters().events.proxyResponsesUnmatched === 1);
    expect(asked).toBe(4);
    expect(a.mesh.counters().events.proxyRequestsDropped).toBe(3);
    expect(connectedTo(a)).toBe(1);
    socket.destroy();
  });

  it("whose handler fails are counted and time out, and an answer of another peer is not taken", async () => {
    const { a, b, c } = await sleds(3);
    if (c === undefined) throw new Error();
    b.answer = () => Promise.reject(new Error("broken"));
    await expect(a.mesh.proxy(b.id, commit, 100)).rejects.toMatchObject({
      code: "ERR_TQD_PROXY_TIMEOUT",
    });
    expect(b.mesh.counters().events.proxyRequestsFailed).toBe(1);
    const result = { kind: "commit", status: "committed" } as const;
    const requestId = parseRequestId("a7db6b2f-d20c-45b5-9887-cf7729a8e92d");
    c.mesh.send(a.id, { kind: "proxyResponse", requestId, result });
    await until("counted", () => a.mesh.counters().events.proxyResponsesUnmatched === 1);
  });
});
