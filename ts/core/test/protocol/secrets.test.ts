/** Section 5.5: loadRackSecret and clearSecrets. */
import { describe, expect, it } from "vitest";
import type { Epoch } from "../../src/base/id-types.ts";
import { TrustQuorumError } from "../../src/base/errors.ts";
import { SHARE_BYTES } from "../../src/base/share.ts";
import { NodeCore } from "../../src/protocol/core.ts";
import type { RackSecret } from "../../src/protocol/crypto.ts";
import { SecretLoader } from "../../src/protocol/secret-loader.ts";
import { BACKENDS } from "./backends.ts";
import {
  RACK,
  Subject,
  altered,
  drain,
  e,
  make,
  saidTo,
  sled,
  sleds,
  stateWith,
  thrown,
} from "./fixtures.ts";
import type { Made } from "./fixtures.ts";

const SELF = sled(0);

describe.each(BACKENDS)("loadRackSecret over the $name crypto", ({ crypto }) => {
  const first = make({ epoch: 1, threshold: 3, crypto });
  const third = chained(first, make({ epoch: 3, crypto }));

  /** A configuration with the secret of an earlier one sealed under its own. */
  function chained(prior: Made, next: Made): Made {
    const from = (made: Made) => {
      const { members, threshold } = made.config;
      const shares = new Uint8Array(threshold * SHARE_BYTES);
      members
        .slice(0, threshold)
        .forEach((member, i) => shares.set(made.share(member).bytes, i * SHARE_BYTES));
      return shares;
    };
    const { rackId, epoch, digests, threshold } = prior.config;
    using old = crypto.recover({
      shares: from(prior),
      digests: digests.slice(0, threshold * 32),
      rackId,
      epoch,
      encrypted: null,
    });
    const sealed = crypto.seal({
      shares: from(next),
      rackId,
      epoch: next.config.epoch,
      prior: old,
    });
    return { ...next, config: next.config.withEncryptedRackSecrets(sealed) };
  }
  const subjectWith = (...committed: Made[]) =>
    new Subject(stateWith(SELF, { committed }), { peers: sleds(6).slice(1), crypto });

  it("refuses without commits, above the latest commit, and what is no epoch", () => {
    const fresh = new Subject(null, { crypto });
    fresh.callRefused("ERR_TQ_NO_COMMITTED_CONFIGURATIONS", () => fresh.node.loadRackSecret(1));
    fresh.callRefused("ERR_TQ_INVALID_ARGUMENT", () => fresh.node.loadRackSecret("1" as never));
    const prepared = new Subject(stateWith(SELF, { prepared: [first] }), { crypto });
    prepared.callRefused("ERR_TQ_NO_COMMITTED_CONFIGURATIONS", () =>
      prepared.node.loadRackSecret(1),
    );
    const subject = subjectWith(first);
    subject.callRefused("ERR_TQ_NOT_COMMITTED", () => subject.node.loadRackSecret(2));
    for (const odd of [0, -1, 0.5, NaN]) {
      subject.callRefused("ERR_TQ_INVALID_EPOCH", () => subject.node.loadRackSecret(odd));
    }
  });

  it("collects for the latest committed epoch, loads the whole chain, and then tells what is not in it", () => {
    const subject = subjectWith(first, third);
    expect(subject.node.loadRackSecret(1)).toBeUndefined();
    const drained = drain(subject.node);
    expect(drained.sent.map(({ to }) => to)).toEqual([sled(1), sled(2), sled(3)]);
    expect(saidTo(drained, sled(1))).toEqual(["getShare 3"]);
    expect(subject.node.status().rackSecrets).toEqual({
      loaded: [],
      collecting: { epoch: 3, threshold: 2, collected: [SELF] },
    });
    expect(subject.share(sled(2), third).events).toEqual([{ kind: "rackSecretsReady", epoch: 3 }]);
    expect(subject.node.status().rackSecrets).toEqual({ loaded: [1, 3], collecting: null });

    using newer = loaded(subject, 3);
    using older = loaded(subject, 1);
    expect(newer.equals(older)).toBe(false);
    using old = recoverDirectly(first);
    expect(older.equals(old)).toBe(true);
    subject.callRefused("ERR_TQ_NOT_AVAILABLE", () => subject.node.loadRackSecret(2));
    subject.callRefused("ERR_TQ_NOT_COMMITTED", () => subject.node.loadRackSecret(4));
    // What is no epoch at all is not in the chain either.
    for (const odd of [0, -1, 1.5, NaN]) {
      subject.callRefused("ERR_TQ_NOT_AVAILABLE", () => subject.node.loadRackSecret(odd));
    }
    subject.callRefused("ERR_TQ_NOT_COMMITTED", () => subject.node.loadRackSecret(3.5));
  });

  it("hands out handles that live on their own", () => {
    const subject = subjectWith(third);
    subject.node.loadRackSecret(3);
    subject.share(sled(1), third);
    const one = loaded(subject, 3);
    one.dispose();
    using two = loaded(subject, 3);
    subject.node.clearSecrets();
    expect(two.expose((bytes) => bytes.length)).toBe(32);
  });

  it("going on with a running collector sends nothing", () => {
    const subject = subjectWith(first);
    subject.node.loadRackSecret(1);
    drain(subject.node);
    subject.share(sled(1), first);
    expect(subject.node.loadRackSecret(1)).toBeUndefined();
    expect(drain(subject.node).sent).toEqual([]);
    expect(subject.node.status().rackSecrets.collecting?.collected).toEqual([SELF, sled(1)]);
  });

  it("a commit does not touch a running collector, and its secrets are loaded though superseded", () => {
    const subject = subjectWith(first);
    subject.prepare(third);
    subject.node.loadRackSecret(1);
    subject.node.commit({ rackId: RACK, epoch: 3 });
    drain(subject.node);
    subject.share(sled(1), first);
    expect(subject.share(sled(2), first).events).toEqual([{ kind: "rackSecretsReady", epoch: 1 }]);
    expect(subject.node.status().rackSecrets.loaded).toEqual([1]);
    // Epoch 1 is loaded already; epoch 3 is not, so it is collected, and replaces the set.
    loaded(subject, 1).dispose();
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
    subject.share(sled(1), third);
    expect(subject.node.status().rackSecrets.loaded).toEqual([1, 3]);
  });

  it("replaces a collector for an older epoch and asks every connected member anew", () => {
    const subject = subjectWith(first);
    subject.prepare(third);
    subject.node.loadRackSecret(1);
    subject.share(sled(1), first);
    subject.node.commit({ rackId: RACK, epoch: 3 });
    drain(subject.node);
    expect(subject.node.loadRackSecret(1)).toBeUndefined();
    const drained = drain(subject.node);
    for (const i of [1, 2, 3]) expect(saidTo(drained, sled(i))).toEqual(["getShare 3"]);
    subject.refuses("unexpected_share", sled(2), {
      kind: "share",
      epoch: e(1),
      share: first.share(sled(2)),
    });
  });

  it("clearSecrets forgets what is loaded and stops collecting", () => {
    const subject = subjectWith(third);
    subject.node.loadRackSecret(3);
    subject.node.clearSecrets();
    expect(subject.node.status().rackSecrets.collecting).toBeNull();
    subject.node.loadRackSecret(3);
    subject.share(sled(1), third);
    subject.node.clearSecrets();
    expect(subject.node.status().rackSecrets.loaded).toEqual([]);
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
  });

  it("[+] a failed rebuild raises the alarm and drops the collector; the next call starts afresh", () => {
    const state = stateWith(SELF, { committed: [third] });
    const wrong = make({ epoch: 3, crypto }).share(SELF);
    const subject = new Subject(
      { ...state, shares: new Map([[e(3), wrong]]) },
      { peers: sleds(3).slice(1), crypto },
    );
    subject.node.loadRackSecret(3);
    const drained = subject.share(sled(1), third);
    const alarm = {
      kind: "rackSecretReconstructionFailed",
      epoch: 3,
      code: "ERR_TQ_SHARE_DIGEST_MISMATCH",
    };
    expect(drained.events).toEqual([{ kind: "alarm", alarm }]);
    expect(subject.node.status()).toMatchObject({
      alarms: [alarm],
      rackSecrets: { loaded: [], collecting: null },
    });
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["getShare 3"]);
  });

  it("[+] a failed decryption raises its own alarm, keeps what was loaded, and starts afresh next time", () => {
    const sealed = third.config.encryptedRackSecrets;
    if (sealed === null) throw new Error("the chain has no sealed secrets");
    const data = sealed.data.slice();
    data[0] = (data[0] ?? 0) ^ 1;
    const broken = {
      ...third,
      config: altered(third.config, { encryptedRackSecrets: { salt: sealed.salt, data } }),
    };
    const subject = subjectWith(first);
    subject.node.loadRackSecret(1);
    subject.share(sled(1), first);
    subject.share(sled(2), first);
    subject.prepare(broken);
    subject.node.commit({ rackId: RACK, epoch: 3 });
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
    subject.share(sled(1), broken);
    expect(subject.node.status()).toMatchObject({
      alarms: [
        { kind: "rackSecretDecryptionFailed", epoch: 3, code: "ERR_TQ_AUTHENTICATION_FAILED" },
      ],
      rackSecrets: { loaded: [1], collecting: null },
    });
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
    expect(saidTo(drain(subject.node), sled(1))).toEqual(["getShare 3"]);
  });

  it.each(["ERR_TQ_INVALID_PLAINTEXT_LENGTH", "ERR_TQ_INVALID_PLAINTEXT"] as const)(
    "%s of a chain that authenticates is a failed decryption, too",
    (code) => {
      // What no honest coordinator seals: so the backend is made to report it.
      const failing = new Proxy(crypto, {
        get(target, name) {
          if (name === "recover") {
            return () => {
              throw new TrustQuorumError(code, {});
            };
          }
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      const subject = new Subject(stateWith(SELF, { committed: [third] }), { crypto: failing });
      subject.node.loadRackSecret(3);
      subject.share(sled(1), third);
      expect(subject.node.status().alarms).toEqual([
        { kind: "rackSecretDecryptionFailed", epoch: 3, code },
      ]);
    },
  );

  it("an expunged sled returns what is loaded and asks for shares, but drops the answers", () => {
    const subject = subjectWith(third);
    subject.node.loadRackSecret(3);
    subject.share(sled(1), third);
    subject.hear(sled(1), { kind: "expunged", epoch: e(3) });
    loaded(subject, 3).dispose();
    subject.node.clearSecrets();
    expect(subject.node.loadRackSecret(3)).toBeUndefined();
    expect(saidTo(drain(subject.node), sled(2))).toEqual(["getShare 3"]);
    subject.node.connect(sled(3));
    expect(saidTo(drain(subject.node), sled(3))).toEqual(["getShare 3"]);
    subject.refuses("own_sled_expunged", sled(1), {
      kind: "share",
      epoch: e(3),
      share: third.share(sled(1)),
    });
    expect(subject.node.status().rackSecrets).toMatchObject({ loaded: [] });
  });

  it("a collector for a newer epoch than the latest committed is an alarm and an error", () => {
    // No call can bring this about: only a fault that made a commit vanish.
    const core = new NodeCore({
      self: SELF,
      crypto,
      generation: 1,
      state: stateWith(SELF, { committed: [first, third] }),
    });
    const loader = new SecretLoader(core);
    expect(loader.load(3)).toBeUndefined();
    core.update({ commits: new Set<Epoch>([e(1)]) });
    const error = thrown(() => loader.load(1));
    expect(error.code).toBe("ERR_TQ_COMMITTED_CONFIGURATION_LOST");
    expect(error.details).toEqual({ latestCommittedEpoch: 1, collectingEpoch: 3 });
    expect(core.alarms.list()).toEqual([
      { kind: "committedConfigurationLost", latestCommittedEpoch: 1, collectingEpoch: 3 },
    ]);
    expect(loader.collecting?.config.epoch).toBe(3);
  });

  function recoverDirectly(made: Made): RackSecret {
    const { members, threshold, digests, rackId, epoch, encryptedRackSecrets } = made.config;
    const shares = new Uint8Array(threshold * SHARE_BYTES);
    members
      .slice(0, threshold)
      .forEach((member, i) => shares.set(made.share(member).bytes, i * SHARE_BYTES));
    using all = crypto.recover({
      shares,
      digests: digests.slice(0, threshold * 32),
      rackId,
      epoch,
      encrypted: encryptedRackSecrets,
    });
    const secret = all.secret(epoch);
    if (secret === undefined) throw new Error("the recovered set lacks its own epoch");
    return secret;
  }
});

function loaded(subject: Subject, at: number): RackSecret {
  const secret = subject.node.loadRackSecret(at);
  if (secret === undefined) throw new Error(`epoch ${at} is not loaded`);
  return secret;
}
