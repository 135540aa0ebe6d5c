/** Configurations: well-formed or not at all, and equal only if they say the same in every field. */
import { describe, expect, it } from "vitest";
import { parseBaseboardId } from "../../src/base/ids.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import {
  OTHER_RACK,
  Subject,
  altered,
  e,
  make,
  sled,
  sleds,
  thrown,
  withOtherDigest,
} from "./fixtures.ts";

const SEALED = make({ epoch: 2 }).config.withEncryptedRackSecrets({
  salt: new Uint8Array(32).fill(1),
  data: new Uint8Array(56).fill(2),
});
const { encryptedRackSecrets } = SEALED;
const salt = encryptedRackSecrets?.salt ?? new Uint8Array(32);
const data = encryptedRackSecrets?.data ?? new Uint8Array(56);

const OTHERS: readonly (readonly [string, Configuration])[] = [
  ["rack", altered(SEALED, { rackId: OTHER_RACK })],
  ["epoch", altered(SEALED, { epoch: e(3) })],
  ["coordinator", altered(SEALED, { coordinator: sled(2) })],
  ["threshold", altered(SEALED, { threshold: 3 })],
  ["member", altered(SEALED, { members: [...sleds(3), sled(9)] })],
  ["digest", withOtherDigest(SEALED, sled(3))],
  ["salt", altered(SEALED, { encryptedRackSecrets: { salt: new Uint8Array(32), data } })],
  ["sealed data", altered(SEALED, { encryptedRackSecrets: { salt, data: new Uint8Array(56) } })],
  ["sealed length", altered(SEALED, { encryptedRackSecrets: { salt, data: data.slice(1) } })],
  ["no sealed secrets", altered(SEALED, { encryptedRackSecrets: null })],
];

describe("equals", () => {
  it.each(OTHERS)("tells another %s", (_, other) => {
    expect(SEALED.equals(other)).toBe(false);
    expect(other.equals(SEALED)).toBe(false);
  });

  it("holds for the same content in other buffers", () => {
    const copy = altered(SEALED, {
      members: [...SEALED.members],
      digests: SEALED.digests.slice(),
      encryptedRackSecrets: { salt: salt.slice(), data: data.slice() },
    });
    expect(SEALED.equals(copy)).toBe(true);
    expect(make({ epoch: 2 }).config.equals(make({ epoch: 2 }).config)).toBe(false);
  });
});

it("what is equal is no mismatch for a sled that holds it, whatever object it comes in", () => {
  const subject = new Subject();
  subject.advance(sled(1), SEALED);
  subject.advance(sled(2), altered(SEALED, { digests: SEALED.digests.slice() }));
  expect(subject.node.status().alarms).toEqual([]);
  expect(subject.state.configs.get(e(2))).toBe(SEALED);
});

describe("create", () => {
  const parts = { ...SEALED };

  it.each<[string, object]>([
    ["a member that is no id", { members: [...sleds(3), "nobody"] }],
    ["members that are no array", { members: "abc" }],
    ["a rack id that is none", { rackId: "zzz" }],
    ["a coordinator that is no id", { coordinator: 7 }],
    ["digests that are no bytes", { digests: [...SEALED.digests] }],
    ["a salt that is no bytes", { encryptedRackSecrets: { salt: [1], data } }],
    ["encrypted secrets that are none", { encryptedRackSecrets: "none" }],
    ["an epoch that is none", { epoch: 1.5 }],
  ])("refuses %s, from callers in plain JavaScript", (_, wrong) => {
    const error = thrown(() => Configuration.create({ ...parts, ...wrong }));
    expect(error.code).toBe("ERR_TQ_INVALID_CONFIGURATION");
  });

  const digest = (n: number): Uint8Array => new Uint8Array(n * 32);
  const order = [sled(0), sled(2), sled(1)];
  it.each<[string, object | null]>([
    ["it is not an object", null],
    ["its members are not an array", { members: "abc" }],
    ["its digests are not bytes", { digests: [...SEALED.digests] }],
    ["its encrypted rack secrets are not bytes", { encryptedRackSecrets: "none" }],
    ["its encrypted rack secrets are not bytes", { encryptedRackSecrets: { salt } }],
    ["its encrypted rack secrets are not bytes", { encryptedRackSecrets: { salt: [1], data } }],
    [
      "its salt does not have 32 bytes",
      { encryptedRackSecrets: { salt: new Uint8Array(31), data } },
    ],
    ["its epoch is out of range", { epoch: 0 }],
    ["it has 2 members", { members: sleds(2), digests: digest(2) }],
    ["it has 33 members", { members: sleds(33), digests: digest(33) }],
    ["its threshold is 1", { threshold: 1 }],
    ["its threshold is 2.5", { threshold: 2.5 }],
    ["its threshold is 32", { threshold: 32 }],
    ["its threshold is not below the number of its members", { threshold: 4 }],
    ["its members are not in strict order", { members: order, digests: digest(3) }],
    [
      "its members are not in strict order",
      { members: [sled(0), sled(1), sled(1)], digests: digest(3) },
    ],
    ["its coordinator is not a member", { coordinator: sled(9) }],
    ["it does not have a digest each", { digests: digest(5) }],
    ["it does not have a digest each", { digests: digest(4).subarray(1) }],
  ])("says what is wrong: %s (%#)", (problem, wrong) => {
    const given = wrong === null ? null : { ...parts, ...wrong };
    const error = thrown(() => Configuration.create(given as never));
    expect(error.code).toBe("ERR_TQ_INVALID_CONFIGURATION");
    expect(error.details).toEqual({ problem });
  });

  it.each([7, "configuration", undefined])("refuses %s, which is no object", (given) => {
    const error = thrown(() => Configuration.create(given as never));
    expect(error.details).toEqual({ problem: "it is not an object" });
  });

  it.each([0, 1, 2])("refuses members with a hole at %i", (at) => {
    const members = sleds(3);
    // eslint-disable-next-line @typescript-eslint/no-array-delete, @typescript-eslint/no-dynamic-delete
    delete members[at];
    const error = thrown(() => Configuration.create({ ...parts, members, digests: digest(3) }));
    expect(error.details).toEqual({ problem: "its members are not in strict order" });
  });

  it("says of an id that is none what the id's own error says", () => {
    const own = thrown(() => parseBaseboardId("nobody"));
    const error = thrown(() => Configuration.create({ ...parts, coordinator: "nobody" as never }));
    expect(error.details).toEqual({ problem: own.message });
  });

  it("lets no foreign error out: members that cannot even be looked at are refused too", () => {
    const members = [...parts.members];
    Object.defineProperty(members, 2, {
      get: () => {
        throw new RangeError("not now");
      },
    });
    const error = thrown(() => Configuration.create({ ...parts, members }));
    expect(error.details).toEqual({ problem: "it cannot be read" });
  });

  it.each([
    [3, 2],
    [32, 31],
    [32, 2],
  ])("takes the bounds themselves: %i members, threshold %i", (n, threshold) => {
    const bounds = { members: sleds(n), digests: digest(n), threshold, coordinator: sled(0) };
    const config = Configuration.create({ ...parts, ...bounds });
    expect([config.members.length, config.threshold]).toEqual([n, threshold]);
  });

  it("seals only with a salt of 32 bytes", () => {
    const wrong = { salt: new Uint8Array(33), data };
    const error = thrown(() => SEALED.withEncryptedRackSecrets(wrong));
    expect(error.details).toEqual({ problem: "its salt does not have 32 bytes" });
  });

  it("keeps copies: what a caller does to its arrays afterwards changes nothing", () => {
    const mine = {
      ...parts,
      members: [...parts.members],
      digests: parts.digests.slice(),
      encryptedRackSecrets: { salt: salt.slice(), data: data.slice() },
    };
    const config = Configuration.create(mine);
    mine.members.reverse();
    mine.digests.fill(0);
    mine.encryptedRackSecrets.salt.fill(0);
    mine.encryptedRackSecrets.data.fill(0);
    expect(config.equals(SEALED)).toBe(true);
    expect(Object.isFrozen(config.members)).toBe(true);
  });
});
