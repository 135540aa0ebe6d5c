/** Makes a node do what a step of a trace says. */
import { fromHex, toHex } from "@trust-quorum/event-log/format";
import { isTrustQuorumError, parseRackId, wipeMessage } from "trust-quorum";
import type { BaseboardId, RackSecret, TrustQuorumNode } from "trust-quorum";
import { Configuration } from "trust-quorum/protocol";
import { decodePeerMessage, encodePeerMessage } from "trust-quorum/wire";
import { configurationOf, requestOf } from "./pictures.ts";
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

/** What a call gave back, in a trace's own forms; undefined where it returns nothing. */
export type TraceResult =
  "ok" | "pending" | { readonly secret: string } | { readonly error: string } | undefined;

/** A message on its way, as a trace tells it. */
export interface TraceSent {
  readonly to: string;
  /** CBOR, in hex. */
  readonly msg: string;
}

/**
 * Makes the call of a step. A restart is none: the caller makes a new node from the old one's state.
 *
 * @param secretText what the result says of a rack secret that was loaded
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
      receive(node, step.args.from, fromHex(step.args.msg));
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

/** Takes every output of a node, whose saves succeed at once; returns the messages. */
export function drainSent(node: TracedNode): TraceSent[] {
  const sent: TraceSent[] = [];
  for (let out = node.poll(); out !== undefined; out = node.poll()) {
    if (out.kind === "persist") node.persisted(out.generation);
    if (out.kind !== "send") continue;
    const { to, message } = out.envelope;
    sent.push({ to, msg: toHex(encodePeerMessage(message)) });
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

/** What this project calls an error of the original. */
export function errorNameOf(theirs: string): string {
  return theirs === "DecommissionedSled" ? "Expunged" : theirs;
}
