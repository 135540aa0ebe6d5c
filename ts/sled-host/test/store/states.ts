/** States with real shares: the history of one sled, one save after the other. */
import { baseboardId, epoch, nativeCrypto, parseRackId } from "trust-quorum";
import type { BaseboardId, Epoch, PersistOutput } from "trust-quorum";
import { Configuration, Share, SHARE_BYTES, initialState, rackIdOf } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";

export const crypto = nativeCrypto();
const RACK = parseRackId("6f6f3c2e-8f2b-4c0e-9d6a-0d6f2f4b8a11");
export const SLEDS: readonly BaseboardId[] = ["A", "B", "C"].map((serial) =>
  baseboardId("913-0000019", `BRM4222000${serial}`),
);
export const SELF = SLEDS[0] as BaseboardId;

/** A save that follows `state`: the configuration of an epoch and its share, committed or not. */
export function prepared(state: PersistentState, number: number): PersistentState {
  const { shares, digests } = crypto.createShares({ count: SLEDS.length, threshold: 2 });
  const config = Configuration.create({
    rackId: rackIdOf(state) ?? RACK,
    epoch: epoch(number),
    coordinator: SELF,
    members: SLEDS,
    digests,
    threshold: 2,
    encryptedRackSecrets: null,
  });
  const share = Share.copyOf(shares.subarray(0, SHARE_BYTES));
  return {
    ...state,
    configs: new Map([...state.configs, [config.epoch, config]]),
    shares: new Map([...state.shares, [config.epoch, share]]),
  };
}

function committed(state: PersistentState, number: number): PersistentState {
  return { ...state, commits: new Set([...state.commits, epoch(number)]) };
}

/** Saves that follow each other: each epoch is prepared and then committed. */
export function history(saves: number, state = initialState(), from = 0): PersistOutput[] {
  const outputs: PersistOutput[] = [];
  const latest = Math.max(1, ...state.configs.keys());
  for (let save = 1; save <= saves; save++) {
    const number = latest + 1 + Math.floor((save - 1) / 2);
    state = save % 2 === 1 ? prepared(state, number) : committed(state, number);
    outputs.push({ kind: "persist", generation: from + save, state });
  }
  return outputs;
}

/** Copies a state with shares of its own, since stores and nodes wipe what they own. */
export function copyOf(state: PersistentState): PersistentState {
  const shares = [...state.shares].map(([key, share]): [Epoch, Share] => [key, share.clone()]);
  return { ...state, shares: new Map(shares) };
}

/** What of a state must never be lost, as text. */
export function digestOf(state: PersistentState): string {
  const shares = [...state.shares].map(([key, share]) => [
    key,
    Buffer.from(crypto.sha3_256(share.bytes)).toString("hex"),
  ]);
  return JSON.stringify({ shares, commits: [...state.commits] });
}
