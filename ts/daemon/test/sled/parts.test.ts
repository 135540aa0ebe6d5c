/** Parts of a sled: disk keys, events, metrics and what is logged of an error. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { describe, expect, test } from "vitest";
import { ERRORS, epoch, nativeCrypto, parseRackId } from "trust-quorum";
import type { RackSecret } from "trust-quorum";
import { rackIdBytes } from "trust-quorum/protocol";
import { failureOf } from "../../src/http/failure.ts";
import { KeyLimiter } from "../../src/http/key-limiter.ts";
import { DaemonError, isDaemonError } from "@trust-quorum/sled-host/errors";
import { deriveDiskKey, deriveOriginalDiskKey } from "../../src/sled/disk-key.ts";
import { EVENTS_KEPT, EventHub } from "../../src/sled/events.ts";
import { errorFields } from "../../src/sled/logger.ts";

describe("a disk key", () => {
  const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  function withSecret<T>(use: (secret: RackSecret) => T): T {
    using secrets = nativeCrypto().importSecrets([{ epoch: epoch(7), secret: bytes.slice() }]);
    using secret = secrets.secret(epoch(7));
    if (secret === undefined) throw new Error("no secret");
    return use(secret);
  }
  const options = { rackId, epoch: epoch(7), purpose: "zfs", diskId: "S6CKNE0R", length: 32 };

  test("is HKDF-SHA3-256 as documented (an independent implementation agrees)", () => {
    const info = Buffer.concat([
      Buffer.from("trust-quorum-disk-key-v1"),
      Buffer.from("0000000000000007", "hex"),
      Buffer.from("\u0003zfs\u0008S6CKNE0R"),
    ]);
    for (const length of [16, 32, 64]) {
      const key = withSecret((secret) => deriveDiskKey(secret, { ...options, length }));
      expect(Buffer.from(key)).toEqual(
        Buffer.from(hkdf(sha3_256, bytes, rackIdBytes(rackId), info, length)),
      );
    }
  });

  test("never changes: disks are encrypted under it", () => {
    const key = withSecret((secret) => deriveDiskKey(secret, options));
    expect(Buffer.from(key).toString("hex")).toBe(PINNED_KEY);
  });

  test("depends on rack, epoch, purpose, disk and where one label ends", () => {
    const other = { ...options, rackId: parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa1") };
    const keys = [
      options,
      other,
      { ...options, epoch: epoch(8) },
      { ...options, purpose: "swap" },
      { ...options, diskId: "S6CKNE0S" },
      { ...options, purpose: "zfsS", diskId: "6CKNE0R" },
    ].map((each) =>
      withSecret((secret) => Buffer.from(deriveDiskKey(secret, each)).toString("hex")),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

/** The first output of this construction for the inputs above. */
const PINNED_KEY = "94b6e07e455b5cb414ceadb7d72ceba2a4ad8d8a6ad8d0e1cd343a202a28f627";

describe("a disk key of the original", () => {
  const drive = {
    rackId: parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f"),
    vendor: "1b96",
    model: "WUS4C6432DSP3X3",
    serial: "A084E4F0C",
  };
  function keyOf(options: typeof drive, hex = SECRET_OF_ORIGINAL): string {
    const bytes = new Uint8Array(Buffer.from(hex, "hex"));
    using secrets = nativeCrypto().importSecrets([{ epoch: epoch(7), secret: bytes }]);
    using secret = secrets.secret(epoch(7));
    if (secret === undefined) throw new Error("no secret");
    return Buffer.from(deriveOriginalDiskKey(secret, options)).toString("hex");
  }

  test("is the one that the original has derived, and that an independent implementation derives", () => {
    const salt = sha3_256(rackIdBytes(drive.rackId));
    const info = Buffer.from("U.2-zfs-1b96WUS4C6432DSP3X3A084E4F0C");
    const key = hkdf(sha3_256, Buffer.from(SECRET_OF_ORIGINAL, "hex"), salt, info, 32);
    expect(keyOf(drive)).toBe(Buffer.from(key).toString("hex"));
    expect(keyOf(drive)).toMatch(KEY_OF_ORIGINAL);
  });

  test("depends on secret, rack, vendor, model and serial", () => {
    const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b2540");
    const keys = [
      keyOf(drive),
      keyOf(drive, "01".repeat(32)),
      ...[{ rackId }, { vendor: "1b97" }, { model: "WUS4" }, { serial: "A084E4F0D" }].map((other) =>
        keyOf({ ...drive, ...other }),
      ),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

/** A rack secret of a rack of the original, and how the key begins that it derived for that drive. */
const SECRET_OF_ORIGINAL = "5821a1ffcbca0aae1a806962906612bdbf8b37ce094b47f756ed92c46f2157c9";
const KEY_OF_ORIGINAL = /^af196a02/;

describe("the event hub", () => {
  test("numbers events, tells listeners, and stops telling who unsubscribed", () => {
    const hub = new EventHub(() => 0);
    const seen: number[] = [];
    const stop = hub.subscribe(({ sequence }) => seen.push(sequence));
    hub.publish("committed", { epoch: 1 });
    hub.publish("committed", { epoch: 2 });
    stop();
    hub.publish("committed", { epoch: 3 });
    expect(seen).toEqual([1, 2]);
    expect(hub.since(1).events.map((event) => event["epoch"])).toEqual([2, 3]);
    expect(hub.since(3)).toEqual({ events: [], missed: 0 });
  });

  test("keeps the last ones only, and says how many are gone", () => {
    const hub = new EventHub(() => 0);
    for (let i = 0; i < EVENTS_KEPT + 10; i++) hub.publish("refused", { i });
    const { events, missed } = hub.since(4);
    expect(missed).toBe(6);
    expect(events.length).toBe(EVENTS_KEPT);
    expect(events[0]?.sequence).toBe(11);
    expect(events.at(-1)?.sequence).toBe(EVENTS_KEPT + 10);
  });

  test("keeps alarms, commits and the lock however many refusals, connections and configurations follow", () => {
    const hub = new EventHub(() => 0);
    for (const kind of ["alarm", "committed", "lock"] as const) hub.publish(kind);
    const flood = ["refused", "peerConnected", "peerDisconnected", "networkConfig"] as const;
    for (const kind of flood) for (let i = 0; i < 3000; i++) hub.publish(kind);
    hub.publish("alarm");
    const { events, missed } = hub.since(0);
    const ours = events.filter(({ kind }) => ["alarm", "committed", "lock"].includes(kind));
    expect(ours.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 12_004]);
    const order = events.map(({ sequence }) => sequence);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(missed).toBe(12_004 - events.length);
    expect(events.length).toBe(4 + 3 * EVENTS_KEPT);
  });

  test("cannot be made to overwrite its numbers by what is published", () => {
    const hub = new EventHub(() => 0);
    hub.publish("alarm", { sequence: 99, kind: "x" });
    expect(hub.since(0).events[0]).toMatchObject({ sequence: 1, kind: "alarm" });
  });
});

test("keys are limited to so many a minute, and earned back with time", () => {
  let now = 0;
  const limiter = new KeyLimiter(60, () => now);
  for (let i = 0; i < 60; i++) limiter.take();
  const refused = (): unknown => {
    try {
      limiter.take();
    } catch (error) {
      return isDaemonError(error, "ERR_TQD_RATE_LIMITED") ? error.details : error;
    }
    return "taken";
  };
  expect(refused()).toEqual({ retryAfterMs: 1000 });
  now = 1000;
  expect(refused()).toBe("taken");
  expect(refused()).toEqual({ retryAfterMs: 1000 });
  now = 3_600_000;
  for (let i = 0; i < 60; i++) limiter.take();
  expect(refused()).toEqual({ retryAfterMs: 1000 });
});

describe("an error as an answer", () => {
  test("has a status of its own for all that a request can run into", () => {
    // What a request of the control plane can raise: the first group of the core's table.
    const codes = Object.keys(ERRORS);
    const requests = codes.slice(0, codes.indexOf("ERR_TQ_INVALID_RACK_UUID") + 1);
    const raised = requests.map((code) => {
      const error = Object.create(errorPrototype(), {
        code: { value: code },
        details: { value: {} },
        message: { value: "" },
      }) as Error;
      return [code, failureOf(error)?.status];
    });
    expect(raised.filter(([, status]) => status !== 400 && status !== 409)).toEqual([]);
  });

  test("is none where it is not of ours", () => {
    expect(failureOf(new Error("the secret is 42"))).toBeUndefined();
    expect(failureOf("a string")).toBeUndefined();
  });

  function errorPrototype(): object {
    try {
      parseRackId("none");
    } catch (error) {
      return Object.getPrototypeOf(error) as object;
    }
    throw new Error("unreachable");
  }
});

test("of an error only name, code, text, stack and cause are logged", () => {
  const cause = Object.assign(new Error("inner"), { code: "ENOSPC", secret: "s3cret" });
  const error = new DaemonError("ERR_TQD_SOCKET_IN_USE", { path: "/run/x" }, { cause });
  const { error: fields } = errorFields(Object.assign(error, { key: "s3cret" }));
  expect(Object.keys(fields)).toEqual(["name", "code", "message", "stack", "cause"]);
  expect(JSON.stringify(fields)).not.toContain("s3cret");
  expect(fields["cause"]).toMatchObject({ message: "inner", code: "ENOSPC" });
  expect(errorFields("s3cret")).toEqual({ error: { message: "something that is no error" } });
});
