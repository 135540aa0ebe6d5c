/** Checks of secrets: K shares rebuild the right one, fewer do not, and sleds load the right ones. */
import { isTrustQuorumError } from "trust-quorum";
import type { Epoch } from "trust-quorum";
import { DIGEST_BYTES, LRTQ_EPOCH, SHARE_BYTES } from "trust-quorum/protocol";
import { same } from "./bytes.ts";
import { holds } from "./context.ts";
import type { CheckContext } from "./context.ts";
import { assertInvariant } from "./failure.ts";
import type { ModelRecord } from "../rack/record.ts";
import type { Sled } from "../rack/sled.ts";

/** Checks that compare secrets themselves, which only a simulation has. */
export class SecretChecks {
  readonly #context: CheckContext;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** The commit of a configuration was decided: from now on its secret must never be lost. */
  commitDecided(record: ModelRecord): void {
    const { config, threshold } = record;
    if (config === null) return;
    const holders = record.prepared
      .map((id) => this.#context.sleds.of(id))
      .filter((sled) => sled.honest && sled.keptShares.has(record.epoch))
      .filter((sled) => !this.#context.forgers || holds(sled.durable, config));
    if (this.#context.strict) {
      const enough = holders.length >= threshold + record.tolerance;
      assertInvariant(
        enough,
        "acks-are-prepared",
        () => `${holders.length} sleds have share ${record.epoch}`,
      );
    }
    if (holders.length >= threshold) this.rebuilds(record, holders, record.epoch);
  }

  /** Any K of these sleds' shares rebuild the secret of a record and open the chain; fewer do not. */
  rebuilds(record: ModelRecord, holders: readonly Sled[], offset: number, all = false): void {
    const { config, threshold, epoch } = record;
    const expected = config === null ? undefined : this.#context.oracle.secretOf(config);
    if (config === null || expected === undefined) return;
    const chosen = Array.from({ length: threshold }, (_, i) => {
      return holders[(i + offset) % holders.length] as Sled;
    });
    const shares = new Uint8Array(threshold * SHARE_BYTES);
    const digests = new Uint8Array(threshold * DIGEST_BYTES);
    chosen.forEach((sled, i) => {
      shares.set(sled.keptShares.get(epoch) ?? new Uint8Array(), i * SHARE_BYTES);
      digests.set(config.digestAt(config.indexOf(sled.id)), i * DIGEST_BYTES);
    });
    const { rackId, encryptedRackSecrets: encrypted } = config;
    try {
      const secrets = this.#context.crypto.recover({ shares, digests, rackId, epoch, encrypted });
      const wanted = this.#chain(epoch);
      const got = secrets.epochs.join(", ");
      const complete = got === [...wanted.keys()].join(", ");
      assertInvariant(
        complete,
        "any-k-rebuild",
        () => `epoch ${epoch} opens ${got}, not ${[...wanted.keys()].join(", ")}`,
      );
      for (const prior of sample([...wanted.keys()], offset, all)) {
        const secret = wanted.get(prior);
        const handle = secrets.secret(prior);
        const right = handle?.expose((bytes) => same(bytes, secret)) === true;
        handle?.dispose();
        assertInvariant(
          right,
          "any-k-rebuild",
          () => `epoch ${epoch} yields another secret of ${prior}`,
        );
      }
      secrets.dispose();
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      assertInvariant(false, "any-k-rebuild", () => `epoch ${epoch}: ${error.code}`);
    }
    const fewer = shares.subarray(0, (threshold - 1) * SHARE_BYTES);
    const wrong =
      threshold > 2
        ? this.#context.crypto.combine(fewer, SHARE_BYTES)
        : fewer.slice(1, SHARE_BYTES);
    assertInvariant(!same(wrong, expected), "fewer-rebuild-nothing", () => `epoch ${epoch}`);
  }

  /** The secrets that a sled has loaded are those that were made. */
  loaded(sled: Sled, epoch: Epoch, all = false): void {
    const { node } = sled;
    const config = node?.persistentState.configs.get(epoch);
    if (node === null || config === undefined) return;
    const maker = this.#context.oracle.makerOf(config);
    // A configuration that a hostile sled has made holds what that sled wants.
    if (!this.#context.strict && (maker === undefined || !this.#context.sleds.at(maker).honest))
      return;
    const whole =
      this.#context.strict ||
      (this.#context.forgers && this.#context.influence.falseCommits(sled.seen).length === 0);
    const { loaded } = node.work().rackSecrets;
    // The event may come out late, behind a save, when the secrets were cleared already, or those of a
    // later epoch were loaded, which has its own event.
    if (!all && loaded.at(-1) !== epoch) return;
    const expected = this.#chain(epoch);
    const secret = this.#context.oracle.secretOf(config);
    if (secret !== undefined) expected.set(epoch, secret);
    if (whole) {
      const complete = loaded.join(", ") === [...expected.keys()].join(", ");
      assertInvariant(
        complete,
        "right-secret",
        () => `${sled.id} loads ${loaded.join(", ")} for ${epoch}`,
      );
    }
    for (const one of sample(loaded, sled.index, all)) {
      const wanted = expected.get(one);
      if (wanted === undefined) continue;
      const handle = node.loadRackSecret(one);
      const right = handle?.expose((bytes) => same(bytes, wanted)) === true;
      handle?.dispose();
      assertInvariant(right, "right-secret", () => `${sled.id} loads another secret of ${one}`);
    }
  }

  /** The secrets that an epoch must open, itself included, ascending. */
  #chain(epoch: Epoch): Map<Epoch, Uint8Array> {
    const chain = new Map<Epoch, Uint8Array>();
    const { bootstore } = this.#context.setup;
    if (bootstore !== null) chain.set(LRTQ_EPOCH, bootstore.secret);
    for (const record of this.#context.database.records) {
      if (record.epoch > epoch || !record.isDecided || record.config === null) continue;
      const secret = this.#context.oracle.secretOf(record.config);
      if (secret !== undefined) chain.set(record.epoch, secret);
    }
    return chain;
  }
}

/** The last of a chain and one other; all of them at the end of a run. */
function sample(epochs: readonly Epoch[], offset: number, all: boolean): readonly Epoch[] {
  if (all || epochs.length < 3) return epochs;
  const last = epochs.length - 1;
  return [offset % last, last].map((i) => epochs[i] as Epoch);
}
