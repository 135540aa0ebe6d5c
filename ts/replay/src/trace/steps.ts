/** Performs the steps of a trace on a node. */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { isTrustQuorumError, parseRackId, wipeMessage } from "trust-quorum";
import type { BaseboardId, RackSecret, TrustQuorumNode } from "trust-quorum";
import { Configuration } from "trust-quorum/protocol";
import { decodePeerMessage, encodePeerMessage } from "trust-quorum/wire";
import { configurationOf, requestOf } from "./convert.ts";
import type { TraceStep } from "./schema.ts";

/** A node, recorded or not. */
export type TracedNode = Pick<
  TrustQuorumNode,
  | "connect"
  | "disconnect"
  | "clearSecrets"
  | "receive"
  | "refuseUndecodable"
  | "coordinateReconfiguration"
  | "coordinateUpgradeFromLrtq"
  | "commit"
  | "prepareAndCommit"
  | "loadRackSecret"
  | "poll"
  | "persisted"
>;

/** The result of a call in the form of a trace; undefined for a call that returns nothing. */
export type TraceResult =
  "ok" | "pending" | { readonly secret: string } | { readonly error: string } | undefined;

/** A message that was sent, in the form of a trace. */
export interface TraceSent {
  readonly to: string;
  /** CBOR, in hex. */
  readonly msg: string;
}

/**
 * Makes the call of a step. For a restart, the caller makes a new node from the state of the old one.
 *
 * @param secretText returns what the result has for a rack secret that was loaded
 */
export function performStep(
  node: TracedNode,
  step: Exclude<TraceStep, { call: "restart" }>,
  secretText: (secret: RackSecret) => string,
): TraceResult {
  try {
    return call(node, step, secretText);
  } catch (error) {
    if (isTrustQuorumError(error)) return { error: error.kind };
    throw error;
  }
}

function call(
  node: TracedNode,
  step: Exclude<TraceStep, { call: "restart" }>,
  secretText: (secret: RackSecret) => string,
): TraceResult {
  switch (step.call) {
    case "onConnect":
      node.connect(step.args.peer);
      return undefined;
    case "onDisconnect":
      node.disconnect(step.args.peer);
      return undefined;
    case "clearSecrets":
      node.clearSecrets();
      return undefined;
    case "handle":
      receive(node, step.args.from, hexToBytes(step.args.msg));
      return undefined;
    case "coordinateReconfiguration": {
      const lastCommittedEpoch = step.args.last_committed_epoch;
      node.coordinateReconfiguration({ ...requestOf(step.args), lastCommittedEpoch });
      return "ok";
    }
    case "coordinateUpgradeFromLrtq":
      node.coordinateUpgradeFromLrtq(requestOf(step.args));
      return "ok";
    case "commit":
      node.commit({ rackId: parseRackId(step.args.rack_id), epoch: step.args.epoch });
      return "ok";
    case "prepareAndCommit":
      node.prepareAndCommit(Configuration.create(configurationOf(step.args.config)));
      return "ok";
    case "loadRackSecret": {
      const secret = node.loadRackSecret(step.args.epoch);
      if (secret === undefined) return "pending";
      try {
        return { secret: secretText(secret) };
      } finally {
        secret.dispose();
      }
    }
    default:
      return step satisfies never;
  }
}

function receive(node: TracedNode, from: BaseboardId, bytes: Uint8Array): void {
  let message;
  try {
    message = decodePeerMessage(bytes);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    node.refuseUndecodable(from, error.code);
    return;
  }
  node.receive(from, message);
  wipeMessage(message);
}

/** Takes all outputs of a node, acknowledges its saves at once, and returns its messages. */
export function drainSent(node: TracedNode): TraceSent[] {
  const sent: TraceSent[] = [];
  for (let out = node.poll(); out !== undefined; out = node.poll()) {
    if (out.kind === "persist") node.persisted(out.generation);
    if (out.kind !== "send") continue;
    const { to, message } = out.envelope;
    sent.push({ to, msg: bytesToHex(encodePeerMessage(message)) });
    wipeMessage(message);
  }
  return sent;
}

/** The messages to each recipient, in order. */
export function sentByRecipient(sent: readonly TraceSent[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { to, msg } of sent) groups.set(to, [...(groups.get(to) ?? []), msg]);
  return groups;
}

/** The name that this project has for an error of the original. */
export function errorNameOf(theirs: string): string {
  return theirs === "DecommissionedSled" ? "Expunged" : theirs;
}
