/** Section 6.0: how much of what is not committed a sled keeps, and for whom; what is given up. */
import { describe, expect, it } from "vitest";
import { LEDGER_BYTES_MAX } from "../../src/base/limits.ts";
import { decodeLedger, encodeLedger } from "../../src/ledger/tq.ts";
import { configurationDigest } from "../../src/protocol/configuration-digest.ts";
import { ledgerBytes } from "../../src/protocol/guard/ledger-size.ts";
import { partOf } from "../../src/protocol/guard/room.ts";
import type { Made } from "./fixtures.ts";
import {
  RACK,
  OTHER_RACK,
  Subject,
  altered,
  crypto,
  drain,
  e,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
} from "./fixtures.ts";

const SELF = sled(0);
const MEMBERS = sleds(5);
const of = (epoch: number, coordinator = sled(1)): Made =>
  make({ epoch, members: MEMBERS, threshold: 3, coordinator });
const FIRST = of(1);
const MIB = 1024 * 1024;
const sha3 = (bytes: Uint8Array) => crypto.sha3_256(bytes);
const digestOf = ({ config }: Made) => configurationDigest(config, sha3);

/** The same configuration with this many bytes of sealed secrets. */
function withSealed(made: Made, bytes: number): Made {
  const encryptedRackSecrets = { salt: new Uint8Array(32), data: new Uint8Array(bytes) };
  return { ...made, config: altered(made.config, { encryptedRackSecrets }) };
}

function strict(state: Parameters<typeof stateWith>[1] = { committed: [FIRST] }): Subject {
  return new Subject(stateWith(SELF, state), { guard: "strict", peers: MEMBERS.slice(1) });
}

const prepare = (made: Made) =>
  ({ kind: "prepare", config: made.config, share: made.share(SELF) }) as const;
const epochs = ({ state }: Subject) => [...state.configs.keys()];

describe("room", () => {
  it("is max(2, floor(64 / N)) places and 8 MiB / N for each coordinator", () => {
    expect(partOf(null)).toEqual({ places: 64, bytes: 8 * MIB });
    expect(partOf(FIRST.config)).toEqual({ places: 12, bytes: Math.floor((8 * MIB) / 5) });
    const wide = make({ epoch: 1, members: sleds(32), threshold: 17 });
    expect(partOf(wide.config)).toEqual({ places: 2, bytes: MIB / 4 });
  });

  it("is twice what the latest committed configuration takes, if that is more", () => {
    expect(partOf(withSealed(FIRST, MIB).config).bytes).toBe(2 * MIB);
  });

  it("of one coordinator that is full drops its next one, and no other coordinator's", () => {
    const subject = strict();
    for (let epoch = 2; epoch < 14; epoch++) {
      expect(saidTo(subject.prepare(of(epoch)), sled(1))).toEqual([`prepareAck ${epoch}`]);
    }
    subject.refuses("too_many_configurations", sled(1), prepare(of(14)));
    // What is kept already is acknowledged again.
    const again = subject.state.configs.get(e(13));
    expect(again).toBeDefined();
    expect(saidTo(subject.prepare(of(14, sled(2))), sled(2))).toEqual(["prepareAck 14"]);
  });

  it("counts bytes of sealed secrets, too", () => {
    const subject = strict();
    const most = partOf(FIRST.config).bytes;
    subject.prepare(withSealed(of(2), most));
    subject.refuses("too_many_configurations", sled(1), prepare(withSealed(of(3), 1)));
    expect(saidTo(subject.prepare(of(3)), sled(1))).toEqual(["prepareAck 3"]);
  });

  it("gives up first what is uncommitted below the latest commit, and nothing above it", () => {
    const subject = strict();
    for (let epoch = 2; epoch < 14; epoch++) subject.prepare(of(epoch));
    subject.node.commit({ rackId: RACK, epoch: 4 });
    expect(epochs(subject)).toHaveLength(13);
    expect(saidTo(subject.prepare(of(14)), sled(1))).toEqual(["prepareAck 14"]);
    // Four is committed, so that one place of twelve was free already.
    expect(epochs(subject)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    subject.prepare(of(15));
    subject.prepare(of(16));
    expect(epochs(subject)).toEqual([1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect([...subject.state.shares.keys()]).not.toContain(2);
    subject.refuses("too_many_configurations", sled(1), prepare(of(17)));
    expect(subject.state.configs.has(e(5))).toBe(true);
  });

  it("of who tells of a configuration is the teller's, whoever is named as its coordinator", () => {
    const subject = strict();
    for (let epoch = 2; epoch < 14; epoch++) {
      subject.node.prepareAndCommit(of(epoch, sled(3)).config, { proxiedBy: sled(2) });
    }
    drain(subject.node);
    const told = () =>
      subject.node.prepareAndCommit(of(14, sled(3)).config, { proxiedBy: sled(2) });
    subject.callRefused("ERR_TQ_TOO_MANY_CONFIGURATIONS", told);
    expect(saidTo(subject.prepare(of(14, sled(3))), sled(3))).toEqual(["prepareAck 14"]);
  });

  it("after a restart counts what nobody knows the teller of for each who tells of another one", () => {
    const known = Array.from({ length: 12 }, (_, i) => of(i + 2, sled(3)));
    const subject = strict({ committed: [FIRST], known });
    const told = () => subject.node.prepareAndCommit(of(14).config, { proxiedBy: sled(2) });
    subject.callRefused("ERR_TQ_TOO_MANY_CONFIGURATIONS", told);
    expect(saidTo(subject.prepare(of(14, sled(3))), sled(3))).toEqual(["prepareAck 14"]);
  });

  it("is there for a direct call always", () => {
    const subject = strict({});
    for (let epoch = 1; epoch <= 64; epoch++) subject.prepare(of(epoch, sled(epoch % 4 || 4)));
    subject.refuses("too_many_configurations", sled(1), prepare(of(65)));
    expect(subject.node.prepareAndCommit(of(65).config)).toBe("pending");
    drain(subject.node);
    const request = { rackId: RACK, lastCommittedEpoch: null, members: MEMBERS, threshold: 3 };
    subject.node.coordinateReconfiguration({ ...request, epoch: 66 });
    expect(epochs(subject)).toEqual(Array.from({ length: 66 }, (_, i) => i + 1));
  });

  it("ends where the ledger could not be saved any more, for a direct call with its code", () => {
    const large = [of(2), of(3)].map((made) => withSealed(made, 15.99 * MIB));
    const subject = strict({ committed: [FIRST], prepared: large });
    subject.callRefused("ERR_TQ_LEDGER_TOO_LARGE", () =>
      subject.node.prepareAndCommit(withSealed(of(4), MIB).config),
    );
    subject.refuses("ledger_full", sled(2), prepare(withSealed(of(4, sled(2)), 1.5 * MIB)));
    // Nobody needs what a later commit superseded: it goes first.
    subject.node.commit({ rackId: RACK, epoch: 3 });
    expect(subject.node.prepareAndCommit(withSealed(of(4), MIB).config)).toBe("pending");
    expect(epochs(subject)).toEqual([1, 3, 4]);
  });

  it("is measured by no less than the bytes that are written, and not by much more", () => {
    const many = Array.from({ length: 40 }, (_, i) => withSealed(of(i + 1), 37 * (i + 1)));
    const state = stateWith(SELF, { committed: many });
    const written = encodeLedger({ generation: 1, state }, sha3).length;
    expect(ledgerBytes(state)).toBeGreaterThanOrEqual(written);
    expect(ledgerBytes(state) - 65_536).toBeLessThan(written * 1.15);
    expect(LEDGER_BYTES_MAX).toBe(64 * MIB);
  });

  it("raises an alarm above 48 MiB, once, and again after a restart", () => {
    const large = withSealed(of(1), 24.5 * MIB);
    for (let i = 0; i < 2; i++) {
      const { node } = strict({ committed: [large] });
      node.commit({ rackId: RACK, epoch: 1 });
      expect(node.status().alarms).toEqual([
        { kind: "ledgerAlmostFull", bytes: 48 * MIB, limit: 64 * MIB },
      ]);
    }
    expect(strict().node.status().alarms).toEqual([]);
  });
});

describe("abandon", () => {
  it("drops configuration and share, and takes no Prepare at or below that epoch any more", () => {
    const second = of(2);
    const third = of(3);
    const subject = strict({ committed: [FIRST], prepared: [third] });
    subject.node.abandon({ rackId: RACK, epoch: 3, digest: digestOf(third) });
    expect(epochs(subject)).toEqual([1]);
    expect([...subject.state.shares.keys()]).toEqual([1]);
    expect(subject.node.status().abandoned).toBe(3);
    drain(subject.node);
    subject.refuses("abandoned_epoch", sled(1), prepare(third));
    subject.refuses("abandoned_epoch", sled(1), prepare(second));
    expect(saidTo(subject.prepare(of(4)), sled(1))).toEqual(["prepareAck 4"]);
  });

  it("takes no request to coordinate at or below that epoch any more", () => {
    const subject = strict();
    subject.node.abandon({ rackId: RACK, epoch: 3, digest: null });
    drain(subject.node);
    const request = { rackId: RACK, lastCommittedEpoch: 1, members: MEMBERS, threshold: 3 };
    const error = subject.callRefused("ERR_TQ_PREPARED_EPOCH_MISMATCH", () =>
      subject.node.coordinateReconfiguration({ ...request, epoch: 3 }),
    );
    expect(error.details).toEqual({ existing: 3, new: 3 });
    subject.node.coordinateReconfiguration({ ...request, epoch: 4 });
  });

  it("keeps the highest epoch, also where a lower one is given up later", () => {
    const subject = strict();
    subject.node.abandon({ rackId: RACK, epoch: 5, digest: null });
    subject.node.abandon({ rackId: RACK, epoch: 3, digest: null });
    expect(subject.node.status().abandoned).toBe(5);
  });

  it("leaves a commit possible: it arrives by computing the share", () => {
    const second = of(2);
    const subject = strict({ committed: [FIRST], prepared: [second] });
    subject.node.abandon({ rackId: RACK, epoch: 2, digest: digestOf(second) });
    drain(subject.node);
    expect(subject.node.prepareAndCommit(second.config)).toBe("pending");
    drain(subject.node);
    for (const i of [1, 2, 3]) subject.share(sled(i), second);
    expect([...subject.state.commits]).toEqual([1, 2]);
  });

  it("stops a coordination of that epoch first, and no other", () => {
    const request = { rackId: RACK, lastCommittedEpoch: 1, members: MEMBERS, threshold: 3 };
    const subject = strict();
    subject.node.coordinateReconfiguration({ ...request, epoch: 4 });
    subject.node.abandon({ rackId: RACK, epoch: 3, digest: null });
    expect(subject.node.coordinatorStatus()).toMatchObject({ epoch: 4 });
    subject.node.abandon({ rackId: RACK, epoch: 4, digest: null });
    expect(subject.node.coordinatorStatus()).toBeNull();
  });

  it("is refused where it is committed, being computed, or another configuration", () => {
    const second = of(2);
    const refused = (subject: Subject, epoch: number, digest: string | null) =>
      subject.callRefused("ERR_TQ_ABANDON_REFUSED", () =>
        subject.node.abandon({ rackId: RACK, epoch, digest }),
      );
    refused(strict(), 1, digestOf(FIRST));
    const computing = strict();
    computing.node.prepareAndCommit(second.config);
    drain(computing.node);
    refused(computing, 2, digestOf(second));
    const prepared = strict({ committed: [FIRST], prepared: [second] });
    refused(prepared, 2, digestOf(of(2)));
    refused(prepared, 2, null);
    // An epoch that nobody can have proposed would keep everybody from proposing any more.
    refused(strict(), 100_000, null);
    strict({}).node.abandon({ rackId: RACK, epoch: 100_000, digest: null });
  });

  it("is refused for another rack, on an expunged sled, and for what is no digest or epoch", () => {
    const subject = strict();
    const abandon = (request: object) => () =>
      subject.node.abandon({ rackId: RACK, epoch: 2, digest: null, ...request });
    subject.callRefused("ERR_TQ_INVALID_RACK_ID", abandon({ rackId: OTHER_RACK }));
    subject.callRefused("ERR_TQ_INVALID_EPOCH", abandon({ epoch: 0 }));
    subject.callRefused("ERR_TQ_INVALID_ARGUMENT", abandon({ digest: 7 }));
    const gone = strict({ committed: [FIRST], expunged: { epoch: e(2), from: sled(1) } });
    gone.callRefused("ERR_TQ_EXPUNGED", () =>
      gone.node.abandon({ rackId: RACK, epoch: 2, digest: null }),
    );
  });

  it("is kept beside the state of the ledger, and found again after a restart", () => {
    const subject = strict();
    subject.node.abandon({ rackId: RACK, epoch: 3, digest: null });
    const bytes = encodeLedger({ generation: 2, state: subject.state }, sha3);
    expect(new TextDecoder().decode(bytes)).toContain('},"abandoned":3,"sha3_256":"');
    const { state } = decodeLedger(bytes, sha3);
    const again = new Subject(state, { guard: "strict" });
    again.refuses("abandoned_epoch", sled(1), prepare(of(3)));
    const never = encodeLedger({ generation: 2, state: strict().state }, sha3);
    expect(new TextDecoder().decode(never)).not.toContain("abandoned");
  });

  it("zeroes the share once no save needs it any more, and not earlier", () => {
    const second = of(2);
    const subject = strict({ committed: [FIRST], prepared: [second] });
    const share = subject.state.shares.get(e(2));
    const { state } = subject;
    const { node } = subject;
    node.receive(sled(1), { ...prepare(of(3)), rackId: RACK });
    const saving = node.poll();
    expect(saving).toMatchObject({ kind: "persist" });
    node.abandon({ rackId: RACK, epoch: 2, digest: digestOf(second) });
    // The save that is under way writes it still.
    expect(share?.wiped).toBe(false);
    expect(state.shares.get(e(2))).toBe(share);
    node.persisted(saving?.kind === "persist" ? saving.generation : 0);
    expect(share?.wiped).toBe(false);
    drain(node);
    expect(share?.wiped).toBe(true);
  });
});

describe("retire", () => {
  /** Three committed epochs in one chain, and a ledger above 16 MiB. */
  function chain(options: { small?: boolean } = {}): { subject: Subject; made: Made[] } {
    const secrets = [1, 2].map((epoch) => ({ epoch, made: of(epoch) }));
    const third = of(3);
    const sealedUnder = (made: Made, prior: typeof secrets) => {
      const shares = Uint8Array.from(MEMBERS.flatMap((id) => [...made.share(id).bytes]));
      const entries = prior.map((one) => ({ epoch: e(one.epoch), secret: secretOf(one.made) }));
      const all = crypto.importSecrets(entries);
      const { rackId, epoch } = made.config;
      const sealed = crypto.seal({ shares, rackId, epoch, prior: all });
      return { ...made, config: made.config.withEncryptedRackSecrets(sealed) };
    };
    const [first, second] = secrets;
    if (first === undefined || second === undefined) throw new Error("two were made");
    const made = [
      first.made,
      sealedUnder(second.made, [first]),
      sealedUnder(third, [first, second]),
    ];
    const known = options.small === true ? [] : [withSealed(of(4), 9 * MIB)];
    const state = stateWith(SELF, { committed: made.slice(0, 2), known });
    const subject = new Subject(state, { guard: "strict" });
    return { subject, made };
  }
  function secretOf(made: Made): Uint8Array {
    const shares = Uint8Array.from(MEMBERS.slice(0, 3).flatMap((id) => [...made.share(id).bytes]));
    return crypto.combine(shares, 33);
  }
  function load(subject: Subject, made: Made): void {
    subject.node.loadRackSecret(made.config.epoch);
    for (const i of [1, 2]) subject.share(sled(i), made);
  }
  function advanceTo(subject: Subject, made: Made): void {
    subject.prepare(made);
    subject.node.commit({ rackId: RACK, epoch: made.config.epoch });
    drain(subject.node);
  }
  const last = (made: readonly Made[]): Made => made[2] as Made;

  it("drops what was loaded before and is found equal in the newest chain", () => {
    const { subject, made } = chain();
    load(subject, made[1] as Made);
    advanceTo(subject, last(made));
    load(subject, last(made));
    expect(subject.node.status()).toMatchObject({ alarms: [], suspectEpochs: [] });
    subject.node.retire({ rackId: RACK, epoch: 3 });
    expect(epochs(subject)).toEqual([4, 3]);
    expect([...subject.state.shares.keys()]).toEqual([3]);
    expect([...subject.state.commits]).toEqual([3]);
    // The chain has all of them still.
    expect(subject.node.loadRackSecret(1)).toBeDefined();
    const bytes = encodeLedger({ generation: 9, state: subject.state }, sha3);
    expect(decodeLedger(bytes, sha3, { self: SELF }).state.commits.size).toBe(1);
  });

  it("drops nothing that was not loaded before: a first load proves nothing", () => {
    const { subject, made } = chain();
    advanceTo(subject, last(made));
    load(subject, last(made));
    subject.node.retire({ rackId: RACK, epoch: 3 });
    expect(epochs(subject).sort()).toEqual([1, 2, 3, 4]);
  });

  it("drops nothing after a commit alone, nor where the newest chain is not loaded", () => {
    const { subject, made } = chain();
    load(subject, made[1] as Made);
    advanceTo(subject, last(made));
    expect(epochs(subject).sort()).toEqual([1, 2, 3, 4]);
    subject.node.retire({ rackId: RACK, epoch: 3 });
    expect(epochs(subject).sort()).toEqual([1, 2, 3, 4]);
  });

  it("drops nothing from a ledger of 16 MiB or less", () => {
    const { subject, made } = chain({ small: true });
    load(subject, made[1] as Made);
    advanceTo(subject, last(made));
    load(subject, last(made));
    subject.node.retire({ rackId: RACK, epoch: 3 });
    expect(epochs(subject)).toEqual([1, 2, 3]);
  });

  it("is refused for anything but the latest committed epoch", () => {
    const { subject, made } = chain();
    for (const epoch of [1, 3, 4]) {
      subject.callRefused("ERR_TQ_RETIRE_REFUSED", () =>
        subject.node.retire({ rackId: RACK, epoch }),
      );
    }
    load(subject, made[1] as Made);
    subject.node.retire({ rackId: RACK, epoch: 2 });
  });

  it.each([
    ["loaded", () => undefined],
    ["cleared", (subject: Subject) => subject.node.clearSecrets()],
  ])("is refused for an epoch whose chain is not what was loaded before (%s)", (_, change) => {
    const { subject, made } = chain();
    load(subject, made[1] as Made);
    change(subject);
    const other = chain().made;
    const third = last(other);
    advanceTo(subject, third);
    load(subject, third);
    expect(subject.node.status()).toMatchObject({
      alarms: [{ kind: "priorSecretsDiffer", epoch: 3, epochs: [1, 2] }],
      suspectEpochs: [3],
    });
    subject.callRefused("ERR_TQ_RETIRE_REFUSED", () =>
      subject.node.retire({ rackId: RACK, epoch: 3 }),
    );
    expect(epochs(subject).sort()).toEqual([1, 2, 3, 4]);
  });
});

describe("the loader's check", () => {
  it("names the members whose shares do not belong to the secret, at the first load", () => {
    const good = of(1);
    const foreign = of(1);
    const digests = good.config.digests.slice();
    digests.set(foreign.config.digestAt(3), 3 * 32);
    digests.set(foreign.config.digestAt(4), 4 * 32);
    const made = { ...good, config: altered(good.config, { digests }) };
    const subject = strict({ committed: [made] });
    subject.node.loadRackSecret(1);
    for (const i of [1, 2]) subject.share(sled(i), made);
    expect(subject.node.status()).toMatchObject({
      rackSecrets: { loaded: [1] },
      alarms: [{ kind: "unrelatedShares", epoch: 1, members: [sled(3), sled(4)] }],
      suspectEpochs: [1],
    });
  });

  it("says nothing of honest configurations, and is not made without a guard", () => {
    const subject = strict();
    subject.node.loadRackSecret(1);
    for (const i of [1, 2]) subject.share(sled(i), FIRST);
    expect(subject.node.status()).toMatchObject({ alarms: [], suspectEpochs: [] });
  });
});
