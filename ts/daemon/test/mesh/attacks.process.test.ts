import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { epoch, parseRackId } from "trust-quorum";
import { encodeFramedMessage } from "trust-quorum/wire";
import type { MeshReason } from "../../src/mesh/reasons.ts";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import type { IssuedCertificate } from "@trust-quorum/sled-host/pki/authority";
import { sledUri } from "@trust-quorum/sled-host/pki/identity";
import { issueCustom } from "../../../sled-host/test/pki/custom.ts";
import { closed, tcp, tls, tlsServer } from "./attackers.ts";
import type { Sled } from "./rack.ts";
import { TestRack, connectedTo, endings, peersOf, portOf, sledId, until } from "./rack.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const PING = encodeFramedMessage({ kind: "ping" });
const DAY = 24 * 3600_000;
/** Sorts before every other sled, so that it is for the attacker to dial. */
const FIRST = sledId(0);

let rack: TestRack;
let others: Sled[];
let target: Sled;
let port: number;
/** A rack of three that works, whose first sled is attacked; `FIRST` is a peer that is not there. */
async function build(options: Parameters<TestRack["connect"]>[1] = {}): Promise<void> {
  const sleds = await rack.connect(3, options);
  const [first, ...rest] = sleds;
  if (first === undefined) throw new Error();
  target = first;
  others = rest;
  port = portOf(target);
  target.mesh.setPeers([...peersOf(sleds), { id: FIRST, address: "127.0.0.1:1" }]);
}
const firstIssued = (): Promise<IssuedCertificate> => issueSledCertificate(rack.ca, FIRST);
/** The others never noticed anything, and still hear from the one that was attacked. */
async function unharmed(): Promise<void> {
  const before = others.map(({ seen }) => seen.messages.length);
  for (const other of others) {
    const message = { rackId: RACK, kind: "getShare", epoch: epoch(1) } as const;
    expect(target.mesh.send(other.id, { kind: "peer", message })).toBe(true);
  }
  await until("they hear it", () =>
    others.every(({ seen }, i) => seen.messages.length > (before[i] ?? 0)),
  );
  for (const other of others)
    expect(other.seen.calls.map(({ kind }) => kind)).toEqual(["connected", "connected"]);
}
const counted = (reason: MeshReason, least = 1): Promise<void> =>
  until(`${reason} is counted ${least} times`, () => endings(target, reason) >= least);

beforeEach(async () => {
  rack = await TestRack.create();
});
afterEach(() => rack.close());

describe("who is not believed", () => {
  const cases: [string, MeshReason, () => Promise<IssuedCertificate | undefined>][] = [
    ["without a certificate", "no_certificate", () => Promise.resolve(undefined)],
    [
      "with a certificate of another authority",
      "untrusted_certificate",
      async () => issueSledCertificate(await createAuthority("other"), FIRST),
    ],
    [
      "with one of another authority of the same name",
      "untrusted_certificate",
      async () => issueSledCertificate(await createAuthority("test"), FIRST),
    ],
    [
      "with one of another authority that has expired too",
      "untrusted_certificate",
      async () =>
        issueSledCertificate(await createAuthority("test"), FIRST, {
          notBefore: new Date(0),
          days: 9,
        }),
    ],
    [
      "with a self-signed certificate",
      "untrusted_certificate",
      () => issueCustom(undefined, { uris: [sledUri(FIRST)] }),
    ],
    [
      "with one that a sled has signed",
      "untrusted_certificate",
      async () => issueCustom(await firstIssued(), { uris: [sledUri(FIRST)] }),
    ],
    [
      "with a critical extension that nobody knows",
      "untrusted_certificate",
      () => issueCustom(rack.ca, { uris: [sledUri(FIRST)], critical: "1.2.3.4" }),
    ],
    ["with the authority's own", "untrusted_certificate", () => Promise.resolve(rack.ca)],
    [
      "with an expired one",
      "certificate_expired",
      () => issueSledCertificate(rack.ca, FIRST, { notBefore: new Date(0), days: 9 }),
    ],
    [
      "with one of the future",
      "certificate_not_yet_valid",
      () => issueSledCertificate(rack.ca, FIRST, { notBefore: new Date(Date.now() + 9 * DAY) }),
    ],
    ["with an operator's", "invalid_identity", () => issueOperatorCertificate(rack.ca, "ann")],
    [
      "with one of two names",
      "invalid_identity",
      () => issueCustom(rack.ca, { uris: [sledUri(FIRST), sledUri(sledId(2))] }),
    ],
    ["with its own identity", "own_identity", () => issueSledCertificate(rack.ca, target.id)],
    ["as a sled that is no peer", "unknown_peer", () => issueSledCertificate(rack.ca, sledId(77))],
    [
      "as a sled that is for us to dial",
      "wrong_direction",
      () => issueSledCertificate(rack.ca, sledId(2)),
    ],
  ];
  it.each(cases)("comes %s and is counted as %s", async (_, reason, issue) => {
    await build();
    const socket = await tls(port, await issue());
    socket.write(PING);
    await closed(socket);
    await counted(reason);
    expect(target.mesh.status().pending).toBe(0);
    await unharmed();
  });

  it("answers at a peer's address with another identity, certificate or protocol", async () => {
    await build();
    const answer = async (reason: MeshReason, issued: IssuedCertificate) => {
      const server = await tlsServer(issued);
      const before = endings(target, reason);
      target.mesh.setPeers([
        ...peersOf([target, ...others]),
        { id: sledId(50), address: `127.0.0.1:${server.port}` },
      ]);
      await counted(reason, before + 1);
      await server.close();
    };
    const other = await createAuthority("test");
    await answer("unexpected_identity", await issueSledCertificate(rack.ca, sledId(51)));
    await answer("unexpected_identity", await issueSledCertificate(rack.ca, sledId(2)));
    await answer("own_identity", await issueSledCertificate(rack.ca, target.id));
    await answer("untrusted_certificate", await issueSledCertificate(other, sledId(50)));
    const expired = { notBefore: new Date(0), days: 9 };
    await answer("certificate_expired", await issueSledCertificate(rack.ca, sledId(50), expired));
    await answer("invalid_identity", await issueCustom(rack.ca, { uris: ["urn:x:y"] }));
    await unharmed();
  });

  it("resumes an old session, or speaks an older TLS or another protocol", async () => {
    await build();
    const issued = await firstIssued();
    const first = await tls(port, issued);
    const session = await new Promise<Buffer | undefined>((resolve) => {
      first.once("session", resolve);
      first.write(PING);
      setTimeout(() => resolve(undefined), 300);
    });
    first.destroy();
    // No session is offered for resumption at all; if one were, it would be refused.
    const again = await tls(port, issued, session === undefined ? {} : { session });
    expect(again.isSessionReused()).toBe(false);
    again.destroy();
    const before = endings(target, "handshake_failed");
    await closed(await tls(port, issued, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }));
    await counted("handshake_failed", before + 1);
    await closed(await tls(port, issued, { ALPNProtocols: [] }));
    await counted("handshake_failed", before + 2);
    await closed(await tls(port, issued, { ALPNProtocols: ["h2"] }));
    await counted("handshake_failed", before + 3);
    await unharmed();
  });
});

describe("a wrong clock", () => {
  const SECOND = sledId(2);
  const wrong: [string, number][] = [
    ["1970", 0],
    ["2106", Date.UTC(2106, 1, 7)],
  ];
  it.each(wrong)(
    "of %s locks nobody out before the rack is unlocked, and is told",
    async (_, now) => {
      const dates = () => "advisory" as const;
      const sleds = await rack.connect(3, { now: () => now, dates });
      for (const { mesh } of sleds) {
        expect(mesh.counters().events.datesOverlooked).toBe(2);
        expect(mesh.status().certificateDateProblem).toContain("not valid");
        for (const peer of mesh.status().peers) expect(peer.dateProblem).toContain("valid");
      }
    },
  );

  it("that its own certificate contradicts lets latecomers in even where the rack is unlocked", async () => {
    let now = Date.UTC(2106, 1, 7);
    const sleds = await rack.connect(3, { now: () => now, dates: () => "enforced" });
    for (const { mesh } of sleds) expect(mesh.counters().events.datesOverlooked).toBe(2);
    // Once the clock is right, dates count.
    now = Date.now();
    const [a] = sleds;
    if (a === undefined) throw new Error();
    const expired = await issueSledCertificate(rack.ca, FIRST, { notBefore: new Date(0), days: 9 });
    a.mesh.setPeers([...peersOf(sleds), { id: FIRST, address: "127.0.0.1:1" }]);
    await closed(await tls(portOf(a), expired));
    await until("refused", () => endings(a, "certificate_expired") === 1);
  });

  it("never excuses anything but dates", async () => {
    await build({ dates: () => "advisory" });
    const expired = { notBefore: new Date(0), days: 9 };
    const future = { notBefore: new Date(Date.now() + 900 * DAY) };
    const foreign = await createAuthority("test");
    const dead = await createAuthority("test", expired);
    const cases: [MeshReason, IssuedCertificate][] = [
      ["untrusted_certificate", await issueSledCertificate(foreign, FIRST, expired)],
      ["untrusted_certificate", await issueSledCertificate(foreign, FIRST, future)],
      ["untrusted_certificate", await issueSledCertificate(dead, FIRST)],
      ["untrusted_certificate", await issueSledCertificate(dead, FIRST, expired)],
      [
        "untrusted_certificate",
        await issueCustom(undefined, { uris: [sledUri(FIRST)], notAfter: new Date(1e9) }),
      ],
      [
        "untrusted_certificate",
        await issueCustom(rack.ca, {
          uris: [sledUri(FIRST)],
          notAfter: new Date(Date.now() - 1000),
          critical: "1.2.3.4",
        }),
      ],
      ["untrusted_certificate", await expiredBelow({ rsaBits: 1024 })],
      ["untrusted_certificate", await expiredBelow({ purposes: ["1.3.6.1.5.5.7.3.3"] })],
      ["untrusted_certificate", await expiredBelow({ critical: "1.2.3.4" })],
      [
        "invalid_identity",
        await issueCustom(rack.ca, { uris: ["urn:x:y"], notAfter: new Date(Date.now() - 1000) }),
      ],
      ["unknown_peer", await issueSledCertificate(rack.ca, sledId(70), expired)],
      ["own_identity", await issueSledCertificate(rack.ca, target.id, future)],
    ];
    for (const [reason, issued] of cases) {
      const before = endings(target, reason);
      const socket = await tls(port, issued);
      socket.write(PING);
      await closed(socket);
      await counted(reason, before + 1);
    }
    // While dates alone are no obstacle.
    for (const validity of [expired, future]) {
      const socket = await tls(port, await issueSledCertificate(rack.ca, FIRST, validity));
      socket.write(PING);
      await until("it is connected", () => connectedTo(target) === 3);
      socket.destroy();
      await until("it is gone", () => connectedTo(target) === 2);
    }
    expect(target.mesh.counters().events.datesOverlooked).toBe(2);
    await unharmed();
  });

  it("decides about new connections once the rack is unlocked, and not about those there are", async () => {
    let dates: "advisory" | "enforced" = "advisory";
    const validity = { notBefore: new Date(0), days: 9 };
    const a = await rack.sled(1, { dates: () => dates });
    const b = await rack.sled(2, { dates: () => "advisory", validity });
    for (const sled of [a, b]) sled.mesh.setPeers(peersOf([a, b]));
    await until("connected", () => connectedTo(a) === 1 && connectedTo(b) === 1);
    dates = "enforced";
    expect(connectedTo(a)).toBe(1);
    b.mesh.setPeers([]);
    await until("refused", () => endings(a, "certificate_expired") > 0);
    expect(a.mesh.status().peers[0]).toMatchObject({ id: SECOND, connected: false });
  });
});

/** An expired certificate of the first sled, by an authority of its own below the rack's, and that one's. */
async function expiredBelow(
  options: Parameters<typeof issueCustom>[1],
): Promise<IssuedCertificate> {
  const between = await issueCustom(rack.ca, { ca: true, name: "between", ...options });
  const leaf = await issueCustom(between, {
    uris: [sledUri(FIRST)],
    notAfter: new Date(Date.now() - 1000),
  });
  return { ...leaf, certificate: leaf.certificate + between.certificate };
}

describe("before a handshake is complete", () => {
  it("whoever says nothing is dropped in time, at every stage", async () => {
    await build({ times: { handshake: 300 } });
    const issued = await firstIssued();
    const silent = await tcp(port);
    const half = await tcp(port);
    // The beginning of a ClientHello: record header and the first bytes of the handshake.
    half.write(Buffer.from("1603010200010001fc0303", "hex"));
    const mute = await tls(port, issued);
    const halfFrame = await tls(port, issued);
    halfFrame.write(PING.subarray(0, 3));
    await Promise.all([silent, half, mute, halfFrame].map(closed));
    // Of two connections of one sled the later one counts.
    await until(
      "all are counted",
      () => endings(target, "handshake_timeout") + endings(target, "replaced") === 4,
    );
    await unharmed();
  });

  it("a byte now and then buys no time", async () => {
    await build({ times: { handshake: 300 } });
    const socket = await tcp(port);
    const hello = Buffer.from(`16030102000100${"01".repeat(400)}`, "hex");
    let at = 0;
    const drip = setInterval(() => socket.write(hello.subarray(at, ++at)), 20);
    await closed(socket);
    clearInterval(drip);
    expect(endings(target, "handshake_timeout") + endings(target, "handshake_failed")).toBe(1);
    await unharmed();
  });

  it("garbage ends it, and so does hanging up", async () => {
    await build();
    for (const garbage of [
      "GET / HTTP/1.1\r\n\r\n",
      "\0".repeat(5000),
      "\x16\x03\x01\xff\xff garbage",
    ]) {
      const socket = await tcp(port);
      socket.write(garbage);
      await closed(socket);
    }
    await counted("handshake_failed", 3);
    (await tcp(port)).destroy();
    (await tcp(port)).resetAndDestroy();
    await counted("closed_in_handshake", 2);
    await unharmed();
  });

  it("thousands of connections push out each other and nobody else, and a peer still gets in", async () => {
    await build({ limits: { pendingMax: 30, pendingPerAddressMax: 20 } });
    const sockets = [];
    for (let i = 0; i < 600; i++) {
      sockets.push(await tcp(port));
      expect(target.mesh.status().pending).toBeLessThanOrEqual(20);
    }
    // Those that are still there only hold places: a peer comes in past them.
    const late = await rack.sled(0);
    late.mesh.setPeers(peersOf([target]));
    await until("it is in", () => connectedTo(late) === 1 && connectedTo(target) === 3);
    for (const socket of sockets) socket.destroy();
    await until("none is left", () => target.mesh.status().pending === 0);
    expect(endings(target, "address_limit")).toBeGreaterThanOrEqual(580);
    await unharmed();
  });
});

describe("a peer that misbehaves", () => {
  /** `FIRST`, connected and accepted. */
  async function intruder() {
    const socket = await tls(port, await firstIssued());
    socket.write(PING);
    await until("it is a peer", () => connectedTo(target) === 3);
    return socket;
  }
  const lost = async (reason: MeshReason): Promise<void> => {
    await counted(reason);
    await until("it is gone", () => connectedTo(target) === 2);
    expect(target.seen.calls.at(-1)).toEqual({ kind: "disconnected", peer: FIRST, reason });
    await unharmed();
  };

  it("by a frame that is too large loses its connection at once, its body unread", async () => {
    await build();
    const socket = await intruder();
    socket.write(Buffer.from([0, 16, 0, 0]));
    await closed(socket);
    await lost("frame_too_large");
  });

  it("by frames that are no message is told on, and loses its connection after some", async () => {
    await build({ limits: { undecodableFramesMax: 5 } });
    const socket = await intruder();
    for (let i = 0; i < 5; i++) socket.write(Buffer.from([0, 0, 0, 2, 0xff, i]));
    await closed(socket);
    await lost("undecodable_frames");
    expect(target.seen.undecodable).toHaveLength(5);
    expect(target.seen.undecodable[0]).toMatchObject({ peer: FIRST });
  });

  it("by garbage in place of its first frame never becomes a peer", async () => {
    await build();
    const socket = await tls(port, await firstIssued());
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await closed(socket);
    await counted("frame_too_large");
    const second = await tls(port, await firstIssued());
    second.write(Buffer.from([0, 0, 0, 1, 0xff]));
    await closed(second);
    await counted("undecodable_frames");
    expect(target.seen.calls).toHaveLength(2);
    await unharmed();
  });

  it("by half a frame, a byte now and then, is dead to us", async () => {
    await build({ times: { ping: 20, dead: 200 } });
    const socket = await intruder();
    socket.write(Buffer.from([0, 0, 16, 0]));
    const drip = setInterval(() => socket.write("x"), 10);
    await closed(socket);
    clearInterval(drip);
    await lost("frame_stalled");
  });

  it("by silence is dead to us", async () => {
    await build({ times: { ping: 20, dead: 200 } });
    await closed(await intruder());
    await lost("silent");
  });

  it.each([
    ["many frames", { receiveFramesPerSecond: 100, receiveFramesBurst: 1000 }],
    ["many bytes", { receiveBytesPerSecond: 1000, receiveBytesBurst: 100_000 }],
  ])("by %s loses its connection, and again when it comes back at once", async (_, limits) => {
    await build({ limits });
    const flood = Buffer.concat(new Array<Uint8Array>(1000).fill(PING));
    const pour = async () => {
      const socket = await tls(port, await firstIssued());
      const more = (): void => {
        if (socket.writable) socket.write(flood, more);
      };
      more();
      await closed(socket);
    };
    await pour();
    await counted("flooding");
    await pour();
    await counted("flooding", 2);
    await unharmed();
  });

  it("by never reading loses its connection when its queue is full", async () => {
    await build({ limits: { queueBytesMax: 2 * 1024 * 1024 } });
    const socket = await intruder();
    const alive = setInterval(() => socket.write(PING), 20);
    socket.pause();
    const blob = new Uint8Array(200_000).fill(200);
    let sent = 0;
    while (target.mesh.send(FIRST, { kind: "networkConfig", generation: ++sent, blob }));
    clearInterval(alive);
    await counted("queue_overflow");
    await until("it is gone", () => connectedTo(target) === 2);
    expect(sent).toBeGreaterThan(3);
    socket.destroy();
    await unharmed();
  });

  it("by never reading loses its connection in time, even where little waits for it", async () => {
    await build({ times: { ping: 20, dead: 200 } });
    const socket = await intruder();
    const alive = setInterval(() => socket.write(PING), 10);
    socket.pause();
    const blob = new Uint8Array(250_000).fill(200);
    // Fills what the kernel takes for it, and a little more.
    await until("it is given up", () => {
      const { peers } = target.mesh.status();
      const queued = peers.find(({ id }) => id === FIRST)?.queuedBytes;
      const message = { kind: "networkConfig", generation: 1, blob } as const;
      for (let i = 0; i < 4 && queued === 0; i++) target.mesh.send(FIRST, message);
      return endings(target, "write_stalled") > 0;
    });
    clearInterval(alive);
    socket.destroy();
    await unharmed();
  });
});
