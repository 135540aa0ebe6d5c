/** Phase 7: what the bootstore encrypted can be decrypted, and is what it was. */
import { isTrustQuorumError } from "trust-quorum";
import type { RackSecret } from "trust-quorum";
import { DIGEST_BYTES, LRTQ_EPOCH, SHARE_BYTES } from "trust-quorum/protocol";
import type { RackSecrets } from "trust-quorum/protocol";
import { hex } from "@trust-quorum/sled-host/store/digest";
import type { BootstoreSled, InitialMember } from "./bootstore.ts";
import { Refusal } from "./refusal.ts";
import { prove } from "./scene.ts";
import type { Scene, SecretChain } from "./scene.ts";
import type { Row } from "./terminal.ts";

/**
 * Decrypts every spare share in the bootstore's ledgers with the LRTQ secret that came out of the
 * trust quorum, and checks it against the bootstore's digests.
 *
 * @returns how many spare shares were checked
 * @throws Refusal
 */
export function proveNothingLost(scene: Scene, chain: SecretChain): number {
  const { bootstore, story } = scene;
  const lrtq = chain.get(LRTQ_EPOCH);
  prove(lrtq !== undefined, "the LRTQ secret is in the chain");
  story.phase("Nothing was lost", "the LRTQ secret, epoch 1 of the chain");
  story.say(
    "The bootstore had encrypted its spare shares under the old secret. They decrypt with the one " +
      "that the trust quorum carried along, and hash to what the bootstore wrote down:",
  );
  const expected = new Set(digestTexts(bootstore.shareDigests));
  const seen = new Set<string>();
  const secrets = asSet(scene, lrtq);
  const rows: Row[] = [];
  try {
    for (const sled of bootstore.sleds) {
      if (sled.state.kind !== "initialMember") continue;
      const digests = openSpareShares(scene, secrets, sled, sled.state);
      for (const digest of digests) {
        if (!expected.has(digest) || seen.has(digest)) notTheirs(sled);
        seen.add(digest);
      }
      const text = `${digests.length} spare shares decrypted, every digest as recorded`;
      rows.push({ who: sled.serial, what: "intact", text, tone: "good" });
    }
  } finally {
    secrets.dispose();
  }
  prove(seen.size > 0, "there were spare shares to decrypt");
  for (const { shareDigest, state, serial } of bootstore.sleds) {
    if (state.kind !== "learned" || shareDigest === null || !seen.has(hex(shareDigest))) continue;
    rows.push({ who: serial, what: "found", text: "its share is one of them", tone: "good" });
  }
  story.rows(rows);
  return seen.size;
}

/** The secret of one epoch as the set that the crypto backend takes. */
function asSet({ crypto }: Scene, lrtq: RackSecret): RackSecrets {
  return lrtq.expose((secret) => crypto.importSecrets([{ epoch: LRTQ_EPOCH, secret }]));
}

/** The digests of a sled's spare shares; the shares themselves are zeroed before this returns. */
function openSpareShares(
  { crypto, bootstore }: Scene,
  secrets: RackSecrets,
  sled: BootstoreSled,
  { salt, nonce, encryptedShares: encrypted }: InitialMember,
): string[] {
  let shares: Uint8Array;
  try {
    const { rackId } = bootstore;
    shares = crypto.openLrtqSpareShares({ secrets, rackId, salt, nonce, encrypted });
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    const problem = `The spare shares in ${sled.file} cannot be decrypted: ${error.message} (${error.code}).`;
    throw new Refusal("ERR_DEMO_SPARE_SHARES", problem, { cause: error });
  }
  const digests: string[] = [];
  for (let start = 0; start < shares.length; start += SHARE_BYTES) {
    digests.push(hex(crypto.sha3_256(shares.subarray(start, start + SHARE_BYTES))));
  }
  shares.fill(0);
  return digests;
}

function notTheirs({ file }: BootstoreSled): never {
  const problem = `The spare shares in ${file} do not have the digests that the bootstore wrote down.`;
  throw new Refusal("ERR_DEMO_SPARE_SHARES", problem);
}

/** Flat digests, each in hex. */
function digestTexts(digests: Uint8Array): string[] {
  const texts: string[] = [];
  for (let start = 0; start < digests.length; start += DIGEST_BYTES) {
    texts.push(hex(digests.subarray(start, start + DIGEST_BYTES)));
  }
  return texts;
}
