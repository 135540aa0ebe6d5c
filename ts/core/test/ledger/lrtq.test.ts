/** The bootstore's ledgers: every recorded file byte for byte, and every refusal. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { baseboardId } from "../../src/base/ids.ts";
import { decodeLrtqLedger, encodeLrtqLedger } from "../../src/ledger/lrtq.ts";
import { LEDGER_BYTES_MAX } from "../../src/base/limits.ts";
import type { LrtqBaseboard, LrtqState } from "../../src/ledger/lrtq.ts";
import type { LrtqShareData } from "../../src/protocol/persistent-state.ts";
import { watchAllocations } from "../wire/allocations.ts";
import { parseTestdata } from "../wire/fixtures.ts";
import { bytesOf, lrtqLedgers, replaced, sha3, textOf } from "./fixtures.ts";
import { sampled } from "../../../../scripts/vitest/effort.ts";

function file(name: string): Uint8Array {
  const found = lrtqLedgers.find((ledger) => ledger.name === `lrtq-ledgers/${name}.json`);
  if (found === undefined) throw new Error(`no ledger is named ${name}`);
  return found.bytes;
}

function baseboardJson(baseboard: LrtqBaseboard): unknown {
  const [model, identifier] = baseboard.id.split(":");
  return baseboard.kind === "gimlet"
    ? { type: "gimlet", identifier, model, revision: baseboard.revision }
    : { type: "pc", identifier, model };
}

function commonJson(common: LrtqShareData): unknown {
  const digests: number[][] = [];
  for (let i = 0; i < common.shareDigests.length; i += 32) {
    digests.push([...common.shareDigests.subarray(i, i + 32)]);
  }
  return {
    rack_uuid: common.rackId,
    epoch: common.epoch,
    threshold: common.threshold,
    share: [...common.share.bytes],
    share_digests: digests,
  };
}

function stateJson(state: LrtqState): unknown {
  switch (state.kind) {
    case "uninitialized":
      return "Uninitialized";
    case "learning":
      return "Learning";
    case "learned":
      return { Learned: { pkg: { common: commonJson(state.common) } } };
    case "initialMember":
      return {
        InitialMember: {
          pkg: {
            common: commonJson(state.common),
            initial_membership: state.initialMembership.map(baseboardJson),
            salt: [...state.salt],
            nonce: [...state.nonce],
            encrypted_shares: [...state.encryptedShares],
          },
          distributed_shares: state.distributedShares.map(({ to, index }) => [
            baseboardJson(to),
            index,
          ]),
        },
      };
  }
}

describe("the recorded ledgers", () => {
  test("are all there", () => {
    expect(lrtqLedgers).toHaveLength(70);
  });

  test.each(sampled(lrtqLedgers, 10))(
    "$name is read as its JSON says and written byte for byte",
    ({ bytes }) => {
      const input = Buffer.from(bytes);
      const decoded = decodeLrtqLedger(input, sha3);
      input.fill(0xff); // Nothing of the state is a view of the file.
      const { generation, state, stateDigest } = decoded;
      expect({ generation, state: stateJson(state) }).toEqual(JSON.parse(textOf(bytes)));
      expect(encodeLrtqLedger(decoded)).toEqual(bytes);
      const stateText = textOf(bytes).slice(`{"generation":${generation},"state":`.length, -1);
      expect(stateDigest).toEqual(sha3(bytesOf(stateText)));
    },
  );

  test("name each initial member by its position, as its file is named", () => {
    for (const { name, bytes } of lrtqLedgers) {
      const { state } = decodeLrtqLedger(bytes, sha3);
      if (state.kind !== "initialMember") continue;
      const self = state.initialMembership[state.position];
      expect(name).toContain(self?.id.split(":")[1]);
      expect(state.nonce.at(-1)).toBe(state.position);
    }
  });

  test("hold the shares that the recorded racks gave their sleds", () => {
    const { racks } = parseTestdata("lrtq.json") as { racks: object[] };
    const known = JSON.stringify(racks);
    for (const { bytes } of lrtqLedgers) {
      const { state } = decodeLrtqLedger(bytes, sha3);
      if (!("common" in state)) continue;
      expect(known).toContain(Buffer.from(state.common.share.bytes).toString("hex"));
    }
  });
});

test("states that no fixture has are read and written too", () => {
  const uninitialized = bytesOf('{"generation":0,"state":"Uninitialized"}');
  const decoded = decodeLrtqLedger(uninitialized, sha3);
  expect(decoded.state).toEqual({ kind: "uninitialized" });
  expect(encodeLrtqLedger(decoded)).toEqual(uninitialized);

  const distributed =
    '"distributed_shares":[' +
    '[{"type":"gimlet","identifier":"S\\"1","model":"m","revision":0},0],' +
    '[{"type":"pc","identifier":"S2","model":"m"},254]]';
  const bytes = replaced(file("3-sleds/BRM42220008"), '"distributed_shares":[]', distributed);
  const { generation, state } = decodeLrtqLedger(bytes, sha3);
  expect(state.kind === "initialMember" && state.distributedShares).toEqual([
    { to: { kind: "gimlet", id: baseboardId("m", 'S"1'), revision: 0 }, index: 0 },
    { to: { kind: "pc", id: baseboardId("m", "S2") }, index: 254 },
  ]);
  expect(encodeLrtqLedger({ generation, state })).toEqual(bytes);
});

function refusal(bytes: Uint8Array): unknown {
  try {
    decodeLrtqLedger(bytes, sha3);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    return { code: error.code, ...error.details };
  }
  throw new Error("accepted");
}

describe("refused", () => {
  const member = file("3-sleds/BRM42220008");
  const text = textOf(member);
  const at = (part: string): number => text.indexOf(part);
  const share = /"share":\[(\d+),(\d+)/.exec(text);
  const corrupt = (offset: number, problem: string): object => ({
    code: "ERR_TQ_LEDGER_CORRUPT",
    offset,
    problem,
  });

  test("is a file that is cut off anywhere", () => {
    const learned = file("3-sleds/BRM42229999");
    const lengths = Array.from({ length: Math.ceil(learned.length / 13) }, (_, i) => i * 13);
    for (const length of sampled(lengths, 20)) {
      expect(refusal(learned.subarray(0, length))).toMatchObject({
        code: "ERR_TQ_LEDGER_CORRUPT",
      });
    }
  });

  test("is a share that is none of the rack's, or has the identifier 0", () => {
    const [first, x = "", y = ""] = share ?? [];
    const offset = at('"share":[') + 8;
    expect(
      refusal(replaced(member, first ?? "", `"share":[${x},${(Number(y) + 1) % 256}`)),
    ).toEqual(corrupt(offset, "the LRTQ share does not have any of the rack's digests"));
    expect(refusal(replaced(member, first ?? "", `"share":[0,${y}`))).toEqual(
      corrupt(offset, "the LRTQ share's identifier is 0"),
    );
  });

  test("are digests out of order or twice", () => {
    const [list = "", one = "", two = ""] = /\[(\[[\d,]+\]),(\[[\d,]+\])/.exec(text) ?? [];
    const second = at(list) + 1 + one.length + 1;
    const order = "the digests are not in strict order";
    expect(refusal(replaced(member, list, `[${one},${one}`))).toEqual(corrupt(second, order));
    expect(refusal(replaced(member, list, `[${two},${one}`))).toEqual(
      corrupt(at(list) + 1 + two.length + 1, order),
    );
    const many = replaced(member, list, `[${one},${two},[2${",0".repeat(31)}]`);
    expect(refusal(many)).toMatchObject({ problem: "more than 255 digests" });
  });

  test("is a threshold that cannot be reached", () => {
    for (const threshold of ["0", "1"]) {
      expect(refusal(replaced(member, '"threshold":2', `"threshold":${threshold}`))).toEqual(
        corrupt(at('"threshold":') + 12, "the LRTQ threshold cannot be reached"),
      );
    }
    const [list = ""] = /"share_digests":\[.*?\]\]/.exec(text) ?? [];
    const empty = replaced(member, list, '"share_digests":[]');
    expect(refusal(empty)).toMatchObject({ problem: "the LRTQ threshold cannot be reached" });
  });

  test("is a place outside the membership, and a sled in it twice", () => {
    const [nonce = "", start = ""] = /("nonce":\[(?:\d+,){11})\d+/.exec(text) ?? [];
    expect(refusal(replaced(member, nonce, `${start}3`))).toEqual(
      corrupt(at('"nonce":') + 8, "the nonce names a place outside the membership"),
    );
    expect(refusal(replaced(member, "BRM42220015", "BRM42220001"))).toMatchObject({
      problem: "the membership names a sled twice",
    });
  });

  test("are other lengths, kinds of sleds and states than there are", () => {
    for (const [from, to] of [
      ['"type":"pc"', '"type":"unknown"'],
      ['"model":"913-0000019"}', '"model":"913:0000019"}'],
      ['"InitialMember"', '"initial_member"'],
      ['"salt":[', '"salt":[0,'],
      ['"nonce":[', '"nonce":[0,'],
      ['"encrypted_shares":[', '"encrypted_shares":[256,'],
      ['"encrypted_shares":[', '"encrypted_shares":[,'],
    ] as const) {
      const changed = bytesOf(text.replace(from, to));
      expect(textOf(changed)).not.toBe(text);
      expect(refusal(changed), to).toMatchObject({ code: "ERR_TQ_LEDGER_CORRUPT" });
    }
    expect(refusal(bytesOf('{"generation":2,"state":"Learned"}'))).toMatchObject({
      code: "ERR_TQ_LEDGER_CORRUPT",
      offset: '{"generation":2,"state":'.length,
    });
  });

  test("is a file above the limit", () => {
    expect(refusal(new Uint8Array(LEDGER_BYTES_MAX + 1))).toMatchObject({
      code: "ERR_TQ_LEDGER_TOO_LARGE",
    });
  });
});

describe("the share", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("is left in the state alone, and nowhere where reading fails", async () => {
    const allocations = watchAllocations();
    const lrtq = await import("../../src/ledger/lrtq.ts");
    allocations.loaded();
    const bytes = file("5-sleds/BRM42220001");
    const cut = bytes.subarray(0, -1);
    allocations.clear();
    const { state } = lrtq.decodeLrtqLedger(bytes, sha3);
    const secret = "common" in state ? state.common.share.bytes : new Uint8Array();
    expect(allocations.holding(secret.subarray(1))).toEqual([secret]);

    allocations.clear();
    expect(() => lrtq.decodeLrtqLedger(cut, sha3)).toThrow();
    expect(allocations.holding(secret.subarray(1))).toEqual([]);
    expect(allocations.buffers.length).toBeGreaterThan(0);
  });
});
