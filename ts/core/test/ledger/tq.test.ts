/** The trust quorum's ledger: the recorded bytes, any state there and back, and every refusal. */
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { baseboardId } from "../../src/base/ids.ts";
import type { BaseboardId, Epoch } from "../../src/base/id-types.ts";
import { LrtqShare, Share } from "../../src/base/share.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import { initialState } from "../../src/protocol/persistent-state.ts";
import type { LrtqShareData, PersistentState } from "../../src/protocol/persistent-state.ts";
import { LEDGER_BYTES_MAX } from "../../src/base/limits.ts";
import { decodeLedger, encodeLedger, encodeLedgerState, wipeState } from "../../src/ledger/tq.ts";
import { watchAllocations } from "../wire/allocations.ts";
import {
  arbitraryBaseboardId,
  arbitraryConfiguration,
  arbitraryEpoch,
} from "../wire/arbitraries.ts";
import { picture } from "../wire/values.ts";
import { bytesOf, replaced, sha3, textOf, tqLedgers } from "./fixtures.ts";
import { runs, sampled } from "../../../../scripts/vitest/effort.ts";

const DIGEST_FIELD = /,"sha3_256":"[0-9a-f]{64}"\}$/;

/** A state as JSON shows it, written from the format's description alone. */
function jsonOf(state: PersistentState): unknown {
  const sled = (id: BaseboardId): unknown => {
    const [part, serial] = id.split(":");
    return { part_number: part, serial_number: serial };
  };
  return {
    lrtq: state.lrtq === null ? null : lrtqJson(state.lrtq),
    configs: [...state.configs.values()].map((config) => ({
      rack_id: config.rackId,
      epoch: config.epoch,
      coordinator: sled(config.coordinator),
      members: config.members.map((id, i) => [sled(id), picture(config.digestAt(i))]),
      threshold: config.threshold,
      encrypted_rack_secrets:
        config.encryptedRackSecrets === null
          ? null
          : {
              salt: picture(config.encryptedRackSecrets.salt),
              data: Buffer.from(config.encryptedRackSecrets.data).toString("hex"),
            },
    })),
    shares: Object.fromEntries(
      [...state.shares].map(([epoch, share]) => [
        String(epoch),
        { x_coordinate: share.x, y_coordinates: [...share.bytes.subarray(1)] },
      ]),
    ),
    commits: [...state.commits],
    expunged:
      state.expunged === null
        ? null
        : { epoch: state.expunged.epoch, from: sled(state.expunged.from) },
  };
}

function lrtqJson(lrtq: LrtqShareData): unknown {
  const digests: number[][] = [];
  for (let i = 0; i < lrtq.shareDigests.length; i += 32) {
    digests.push([...lrtq.shareDigests.subarray(i, i + 32)]);
  }
  return {
    rack_uuid: lrtq.rackId,
    epoch: lrtq.epoch,
    threshold: lrtq.threshold,
    share: [...lrtq.share.bytes],
    share_digests: digests,
  };
}

describe("the recorded ledgers", () => {
  test.each(tqLedgers)("of $node are read as their JSON says", ({ node, bytes }) => {
    const file = Buffer.from(bytes);
    const { generation, state, hasDigest } = decodeLedger(file, sha3, { self: node });
    file.fill(0xff); // Nothing of the state is a view of the file.
    expect({ generation, state: jsonOf(state) }).toEqual(JSON.parse(textOf(bytes)));
    expect(hasDigest).toBe(false);
  });

  test.each(tqLedgers)(
    "of $node are written byte for byte, and a digest after",
    ({ node, bytes }) => {
      const decoded = decodeLedger(bytes, sha3, { self: node });
      const state = encodeLedgerState(decoded.state);
      expect(textOf(state)).toBe(textOf(bytes).slice('{"generation":7,"state":'.length, -1));
      expect(decoded.stateDigest).toEqual(sha3(state));

      const ours = encodeLedger(decoded, sha3);
      const digest = Buffer.from(sha3(bytes)).toString("hex");
      expect(textOf(ours)).toBe(`${textOf(bytes).slice(0, -1)},"sha3_256":"${digest}"}`);

      const again = decodeLedger(ours, sha3, { self: node });
      expect(again.hasDigest).toBe(true);
      expect(again.generation).toBe(decoded.generation);
      expect(again.stateDigest).toEqual(decoded.stateDigest);
      expect(encodeLedger(again, sha3)).toEqual(ours);
    },
  );
});

describe("any state", () => {
  test("survives writing and reading, in one form of JSON that JSON.parse reads alike", () => {
    fc.assert(
      fc.property(arbitraryState, fc.maxSafeNat(), (state, generation) => {
        const bytes = encodeLedger({ generation, state }, sha3);
        const decoded = decodeLedger(bytes, sha3);
        expect(jsonOf(decoded.state)).toEqual(jsonOf(state));
        expect(decoded.generation).toBe(generation);
        expect(encodeLedger(decoded, sha3)).toEqual(bytes);

        const original = textOf(bytes).replace(DIGEST_FIELD, "}");
        const { abandoned, ...rest } = state;
        const beside = abandoned === undefined ? {} : { abandoned };
        const stated = { generation, state: jsonOf(rest), ...beside };
        expect(JSON.parse(original)).toEqual(stated);
        expect(decodeLedger(bytesOf(original), sha3).hasDigest).toBe(false);
      }),
      { numRuns: runs(150) },
    );
  });

  test("is written in ascending order, whatever order its maps are in", () => {
    const { state } = decodeLedger(ledger(), sha3);
    const backwards: PersistentState = {
      ...state,
      configs: new Map([...state.configs].reverse()),
      shares: new Map([...state.shares].reverse()),
      commits: new Set([...state.commits].reverse()),
    };
    expect(state.configs.size).toBeGreaterThan(2);
    expect(encodeLedgerState(backwards)).toEqual(encodeLedgerState(state));
  });

  test("may be empty", () => {
    const bytes = encodeLedger({ generation: 0, state: initialState() }, sha3);
    expect(textOf(bytes)).toMatch(
      /^\{"generation":0,"state":\{"lrtq":null,"configs":\[\],"shares":\{\},"commits":\[\],"expunged":null\},"sha3_256":/,
    );
    expect(decodeLedger(bytes, sha3).state).toEqual(initialState());
  });
});

/** The first recorded ledger with more than two configurations, without LRTQ. */
function ledger(): Uint8Array {
  return tqLedgers[2]?.bytes ?? new Uint8Array();
}

function refusal(bytes: Uint8Array, self?: BaseboardId): unknown {
  try {
    decodeLedger(bytes, sha3, self === undefined ? {} : { self });
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    return { code: error.code, ...error.details };
  }
  throw new Error("accepted");
}

function corrupt(offset: number, problem: string): object {
  return { code: "ERR_TQ_LEDGER_CORRUPT", offset, problem };
}

describe("the digest", () => {
  const ours = encodeLedger(decodeLedger(ledger(), sha3), sha3);

  test("does not match a file with any one bit flipped before it", () => {
    const data = ours.slice();
    const end = ours.length - 79;
    for (let at = 0; at < end; at += 7) {
      data[at] = (ours[at] ?? 0) ^ 1;
      expect(refusal(data)).toMatchObject({ code: "ERR_TQ_LEDGER_DIGEST_MISMATCH" });
      data[at] = ours[at] ?? 0;
    }
  });

  test("that was changed itself is refused", () => {
    for (let at = ours.length - 79; at < ours.length; at++) {
      for (const flip of [1, 32]) {
        const data = ours.slice();
        data[at] = (ours[at] ?? 0) ^ flip;
        expect(refusal(data)).toMatchObject({
          code: expect.stringMatching(/^ERR_TQ_LEDGER_(CORRUPT|DIGEST_MISMATCH)$/) as string,
        });
      }
    }
  });

  test("names both sides", () => {
    const zero = "0".repeat(64);
    const stated = /[0-9a-f]{64}"\}$/.exec(textOf(ours))?.[0].slice(0, 64) ?? "";
    expect(refusal(replaced(ours, stated, zero))).toEqual({
      code: "ERR_TQ_LEDGER_DIGEST_MISMATCH",
      expected: zero,
      got: stated,
    });
  });
});

describe("refused as corrupt, at the byte where it stops making sense,", () => {
  const text = textOf(ledger());
  const at = (part: string): number => text.indexOf(part);

  test("is a file that is cut off anywhere", () => {
    for (const { bytes } of tqLedgers.slice(1, 3)) {
      for (const length of sampled(bytes.keys(), 20)) {
        expect(refusal(bytes.subarray(0, length))).toMatchObject({
          code: "ERR_TQ_LEDGER_CORRUPT",
        });
      }
    }
  });

  test.each([
    [" before", ` ${text}`, 0],
    ["a newline after", `${text}\n`, text.length],
    ["a space between", text.replace(",", ", "), '{"generation":7,'.length - 1],
    ["fields in another order", text.replace(/^(\{)("generation":7),(.*)\}$/, "$1$3,$2}"), 0],
    ["an unknown field", text.replace(/\}$/, ',"more":1}'), text.length - 1],
    ["a leading zero", text.replace(":7,", ":07,"), 14],
    ["a sign", text.replace(":7,", ":+7,"), 14],
    ["a fraction", text.replace(":7,", ":7.0,"), 15],
    ["a generation above 2^53-1", text.replace(":7,", ":9007199254740992,"), 14],
  ])("%s", (_, changed, offset) => {
    expect(refusal(bytesOf(changed))).toMatchObject({ code: "ERR_TQ_LEDGER_CORRUPT", offset });
  });

  test("are texts that serde_json would have written otherwise", () => {
    for (const [serial, ok] of [
      ['\\"\\\\é/\u007f', false],
      ['\\"\\\\é/', true],
      ["\\/", false],
      ["\\u0041", false],
      ["\\u00e9", false],
      ["\\u001F", false],
      ["\\u001f", false],
      ["\\u000a", false],
      ["\\n", false],
      ["\n", false],
      ["\\x", false],
      ["\\", false],
    ] as const) {
      const expunged = `{"epoch":1,"from":{"part_number":"p","serial_number":"${serial}"}}`;
      const json = `{"generation":0,"state":{"lrtq":null,"configs":[],"shares":{},"commits":[],"expunged":${expunged}}}`;
      if (ok) expect(() => decodeLedger(bytesOf(json), sha3)).not.toThrow();
      else expect(refusal(bytesOf(json))).toMatchObject({ code: "ERR_TQ_LEDGER_CORRUPT" });
    }
    const broken = bytesOf(text).slice();
    broken[at("BRM")] = 0xc3;
    expect(refusal(broken)).toEqual(corrupt(at('"BRM'), "the text is not valid UTF-8"));
  });

  test("are configurations that are not well-formed", () => {
    const start = at('{"rack_id"');
    expect(refusal(bytesOf(text.replace('"threshold":2', '"threshold":3')))).toEqual(
      corrupt(start, "its threshold is not below the number of its members"),
    );
    const swapped = text.replace(/"members":\[(\[[^\]]*\]),(\[[^\]]*\])/, '"members":[$2,$1');
    expect(refusal(bytesOf(swapped))).toEqual(
      corrupt(start, "its members are not in strict order"),
    );
    expect(refusal(bytesOf(text.replace('"epoch":1', '"epoch":0')))).toEqual(
      corrupt(at('"epoch":1') + 8, "an epoch is at least 1"),
    );
    const upper = text.replace(/("salt":")([^"]*)/, (_, key: string, salt: string) => {
      return key + salt.toUpperCase();
    });
    expect(refusal(bytesOf(upper))).toEqual(
      corrupt(at('"salt":') + 7, "lower-case hex of 32 bytes is expected"),
    );
    const rack = text.replace(/"rack_id":"1aec/, '"rack_id":"1AEC');
    expect(refusal(bytesOf(rack))).toEqual(
      corrupt(at('"rack_id":') + 10, "a hyphenated uuid in lower case is expected"),
    );
    const member = /\[\{"part_number[^\]]*\]/.exec(text)?.[0] ?? "";
    const many = text.replace(member, Array<string>(33).fill(member).join(","));
    expect(refusal(bytesOf(many))).toMatchObject({ problem: "too many members" });
  });

  test("are configurations out of order, twice or of another rack", () => {
    const second = text.indexOf('{"rack_id"', at('{"rack_id"') + 1);
    const renumbered = text.replace('"epoch":1,"coordinator"', '"epoch":2,"coordinator"');
    expect(refusal(bytesOf(renumbered))).toEqual(
      corrupt(second, "the configurations are not in strict order"),
    );
    const foreign = `${text.slice(0, second)}${text.slice(second).replace("1aec522f", "1aec522e")}`;
    expect(refusal(bytesOf(foreign))).toEqual(
      corrupt(second, "the configuration is another rack's"),
    );
  });

  test("are shares out of order, of another configuration or of none", () => {
    const two = at('"2":{"x_coordinate"');
    const order = text.replace('"2":{"x_coordinate"', '"1":{"x_coordinate"');
    expect(refusal(bytesOf(order))).toEqual(corrupt(two, "the shares are not in strict order"));
    const none = text.replace('"4":{"x_coordinate"', '"5":{"x_coordinate"');
    expect(refusal(bytesOf(none))).toEqual(
      corrupt(at('"4":{"x_coordinate"'), "the share has no configuration"),
    );
    const first = at('"1":{"x_coordinate"');
    const wrong = "the share does not have the digest that its configuration names";
    for (const changed of [
      text.replace('{"x_coordinate":1', '{"x_coordinate":2'),
      text.replace('{"x_coordinate":1', '{"x_coordinate":4'),
      text.replace('{"x_coordinate":1', '{"x_coordinate":255'),
      text.replace('"y_coordinates":[233', '"y_coordinates":[234'),
    ]) {
      expect(refusal(bytesOf(changed))).toEqual(corrupt(first, wrong));
    }
    expect(refusal(bytesOf(text.replace('{"x_coordinate":1', '{"x_coordinate":0')))).toEqual(
      corrupt(first + '"1":{"x_coordinate":'.length, "the share's x-coordinate is 0"),
    );
    expect(refusal(bytesOf(text.replace("[233,", "[256,")))).toEqual(
      corrupt(at("[233,") + 1, "an integer from 0 to 255 is expected"),
    );
  });

  test("are commits out of order, or without what they commit", () => {
    const commits = /"commits":\[1,2,3,4\]/;
    expect(text).toMatch(commits);
    const from = at('"commits":[') + '"commits":['.length;
    expect(refusal(bytesOf(text.replace(commits, '"commits":[1,3,2,4]')))).toEqual(
      corrupt(from + 4, "the commits are not in strict order"),
    );
    expect(refusal(bytesOf(text.replace(commits, '"commits":[1,1]')))).toEqual(
      corrupt(from + 2, "the commits are not in strict order"),
    );
    expect(refusal(bytesOf(text.replace(commits, '"commits":[5]')))).toEqual(
      corrupt(from, "the commit has no share"),
    );
  });

  test("is another sled's ledger, where it is known whose it should be", () => {
    const start = at('{"rack_id"');
    const stranger = baseboardId("913-0000019", "BRM99999");
    expect(refusal(ledger(), stranger)).toEqual(
      corrupt(start, "this sled is not a member of the configuration"),
    );
    const other = baseboardId("913-0000019", "BRM07921");
    expect(refusal(ledger(), other)).toEqual(
      corrupt(at('"1":{"x_coordinate"'), "the share is not this sled's"),
    );
  });

  test("are LRTQ data that cannot be", () => {
    const bytes = tqLedgers[0]?.bytes ?? new Uint8Array();
    const json = textOf(bytes);
    const share = json.indexOf('"share":[') + 8;
    expect(refusal(bytesOf(json.replace('"share":[1,239', '"share":[1,240')))).toEqual(
      corrupt(share, "the LRTQ share does not have any of the rack's digests"),
    );
    expect(refusal(bytesOf(json.replace('"share":[1,', '"share":[0,')))).toEqual(
      corrupt(share, "the LRTQ share's identifier is 0"),
    );
    const threshold = json.indexOf('"threshold":5') + 12;
    for (const value of [0, 1]) {
      expect(refusal(bytesOf(json.replace('"threshold":5', `"threshold":${value}`)))).toEqual(
        corrupt(threshold, "the LRTQ threshold cannot be reached"),
      );
    }
    const foreign = json.replace('"rack_uuid":"9d667e5a', '"rack_uuid":"9d667e5b');
    expect(refusal(bytesOf(foreign))).toEqual(
      corrupt(json.indexOf('{"rack_id"'), "the configuration is another rack's"),
    );
  });
});

describe("limits and arguments", () => {
  test("a file above the limit is not looked at", () => {
    const large = new Uint8Array(LEDGER_BYTES_MAX + 1);
    expect(refusal(large)).toEqual({
      code: "ERR_TQ_LEDGER_TOO_LARGE",
      length: LEDGER_BYTES_MAX + 1,
      limit: LEDGER_BYTES_MAX,
    });
    expect(refusal(large.subarray(1))).toMatchObject({ code: "ERR_TQ_LEDGER_CORRUPT" });
  });

  test("a state above the limit is not written", () => {
    const { state } = decodeLedger(ledger(), sha3);
    const config = [...state.configs.values()][0];
    if (config === undefined) throw new Error();
    const data = new Uint8Array(LEDGER_BYTES_MAX / 2);
    const large = config.withEncryptedRackSecrets({ salt: new Uint8Array(32), data });
    const configs = new Map([[config.epoch, large]]);
    expect(() => encodeLedgerState({ ...initialState(), configs })).toThrow(
      expect.objectContaining({ code: "ERR_TQ_LEDGER_TOO_LARGE" }),
    );
  });

  test("a generation out of range and a wiped share are not written", () => {
    const refused: unknown = expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" });
    for (const generation of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => encodeLedger({ generation, state: initialState() }, sha3)).toThrow(refused);
    }
    for (const { bytes } of [tqLedgers[0], tqLedgers[1]].filter((one) => one !== undefined)) {
      const { state } = decodeLedger(bytes, sha3);
      wipeState(state);
      expect([...state.shares.values()].every(({ wiped }) => wiped)).toBe(true);
      expect(state.lrtq?.share.wiped ?? true).toBe(true);
      expect(() => encodeLedgerState(state)).toThrow(refused);
    }
  });
});

describe("shares", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("are left in the file and in the state alone", async () => {
    const allocations = watchAllocations();
    const tq = await import("../../src/ledger/tq.ts");
    allocations.loaded();
    for (const { bytes } of tqLedgers.slice(0, 3)) {
      allocations.clear();
      const decoded = tq.decodeLedger(bytes, sha3);
      const shares = [decoded.state.lrtq?.share, ...decoded.state.shares.values()];
      const secrets = shares.filter((share) => share !== undefined).map((share) => share.bytes);
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of secrets) {
        expect(allocations.holding(secret.subarray(1))).toEqual([secret]);
        expect(allocations.holding(bytesOf(secret.subarray(1).join(",")))).toEqual([]);
      }
      allocations.clear();
      const written = tq.encodeLedger(decoded, sha3);
      for (const secret of secrets) {
        expect(allocations.holding(bytesOf(secret.subarray(1).join(",")))).toEqual([written]);
      }
    }
  });

  test("are wiped where reading fails after them", async () => {
    const allocations = watchAllocations();
    const tq = await import("../../src/ledger/tq.ts");
    allocations.loaded();
    const [{ bytes } = { bytes: new Uint8Array() }] = tqLedgers;
    const { state } = decodeLedger(bytes, sha3);
    const secrets = [state.lrtq?.share.bytes, ...[...state.shares.values()].map((s) => s.bytes)];
    const known = secrets.filter((secret) => secret !== undefined).map((secret) => secret.slice(1));
    allocations.clear();
    expect(() => tq.decodeLedger(bytesOf(`${textOf(bytes)} `), sha3)).toThrow();
    for (const secret of known) expect(allocations.holding(secret)).toEqual([]);
  });
});

/** States with real digests, so that they are consistent. */
const arbitraryState: fc.Arbitrary<PersistentState> = fc
  .record({
    configs: fc.array(arbitraryConfiguration, { maxLength: 3 }),
    prepared: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    committed: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    y: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    position: fc.nat(),
    withLrtq: fc.boolean(),
    expunged: fc.option(fc.record({ epoch: arbitraryEpoch, from: arbitraryBaseboardId })),
    abandoned: fc.option(arbitraryEpoch, { nil: undefined }),
  })
  .map(({ configs, prepared, committed, y, position, withLrtq, expunged, abandoned }) => {
    const known = new Map<Epoch, Configuration>();
    const shares = new Map<Epoch, Share>();
    const commits = new Set<Epoch>();
    const rackId = configs[0]?.rackId;
    const ordered = configs.sort((a, b) => a.epoch - b.epoch);
    ordered.forEach((config, i) => {
      if (known.has(config.epoch) || rackId === undefined) return;
      const x = (position % config.members.length) + 1;
      const share = Share.copyOf(Uint8Array.from([x, ...y]));
      const digests = config.digests.slice();
      digests.set(sha3(share.bytes), (x - 1) * 32);
      known.set(config.epoch, Configuration.create({ ...config, rackId, digests }));
      if (prepared[i] === true) shares.set(config.epoch, share);
      if (prepared[i] === true && committed[i] === true) commits.add(config.epoch);
    });
    const lrtq = withLrtq && rackId !== undefined ? lrtqData(rackId, y) : null;
    return { lrtq, configs: known, shares, commits, expunged, abandoned };
  });

function lrtqData(rackId: Configuration["rackId"], y: Uint8Array): LrtqShareData {
  const share = LrtqShare.copyOf(Uint8Array.from([9, ...y]));
  const digests = [sha3(share.bytes), sha3(y), sha3(Uint8Array.of(1))].sort(Buffer.compare);
  const shareDigests = Uint8Array.from(digests.flatMap((digest) => [...digest]));
  return { rackId, epoch: 0, threshold: 2, share, shareDigests };
}
