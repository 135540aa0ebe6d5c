/** Encoding a node's status, which a sled sends to the sled that proxies a request of the control plane. */
import { invalidArgument } from "../base/arguments.ts";
import type { ErrorCode } from "../base/errors.ts";
import { compareBaseboardIds } from "../base/ids.ts";
import type { Epoch } from "../base/id-types.ts";
import type { Alarm } from "../protocol/alarms.ts";
import type { PersistentStateSummary } from "../protocol/persistent-state.ts";
import { COMBINE_ERRORS, DECRYPTION_ERRORS, SIZE_ERROR, isWireAlarm, nameOf } from "./alarms.ts";
import { writeBaseboardId, writeEpoch, writeExpunged } from "./encode-values.ts";
import type { MessageWriter } from "./message-writer.ts";
import { KEYS, NAMES } from "./names.ts";
import type { ProxiedStatus } from "./types.ts";

/** A node's status. */
export function writeStatus(writer: MessageWriter, status: ProxiedStatus): void {
  const { connectedPeers, alarms } = status;
  requireAscending(connectedPeers, compareBaseboardIds, "connectedPeers");
  writer.map(4);
  writer.name(KEYS.connectedPeers);
  writer.array(connectedPeers.length);
  for (const peer of connectedPeers) writeBaseboardId(writer, peer);
  writer.name(KEYS.alarms);
  writer.array(alarms.length);
  for (const alarm of alarms) writeAlarm(writer, alarm);
  writer.name(KEYS.persistentState);
  writeSummary(writer, status.persistentState);
  writer.name(KEYS.proxiedRequests);
  writer.uint(status.proxiedRequests, "proxiedRequests");
}

function writeSummary(writer: MessageWriter, summary: PersistentStateSummary): void {
  writer.map(5);
  writer.name(KEYS.hasLrtqShare);
  writer.boolean(summary.hasLrtqShare);
  for (const list of ["configs", "shares", "commits"] as const) {
    const epochs = summary[list];
    requireAscending(epochs, (a, b) => a - b, list);
    writer.name(KEYS[list]);
    writer.array(epochs.length);
    for (const epoch of epochs) writeEpoch(writer, epoch);
  }
  writer.name(KEYS.expunged);
  if (summary.expunged === null) writer.null();
  else writeExpunged(writer, summary.expunged);
}

function writeAlarm(writer: MessageWriter, alarm: Alarm): void {
  if (!isWireAlarm(alarm)) {
    throw invalidArgument("alarms", "has an alarm that the original does not know");
  }
  writer.map(1);
  writer.name(NAMES[alarm.kind]);
  switch (alarm.kind) {
    case "mismatchedConfigurations":
      writer.map(3);
      writer.name(KEYS.config1);
      writer.configuration(alarm.config1);
      writer.name(KEYS.config2);
      writer.configuration(alarm.config2);
      writer.name(KEYS.from);
      return writer.text(alarm.from);
    case "shareComputationFailed":
      writeFailedEpoch(writer, alarm.epoch);
      return writeFailure(writer, COMBINE_ERRORS, alarm.code);
    case "committedConfigurationLost":
      writer.map(2);
      writer.name(KEYS.latestCommittedEpoch);
      writeEpoch(writer, alarm.latestCommittedEpoch);
      writer.name(KEYS.collectingEpoch);
      return writeEpoch(writer, alarm.collectingEpoch);
    case "rackSecretDecryptionFailed":
      writeFailedEpoch(writer, alarm.epoch);
      return writeFailure(writer, DECRYPTION_ERRORS, alarm.code);
    case "rackSecretReconstructionFailed":
      writeFailedEpoch(writer, alarm.epoch);
      writer.map(1);
      if (alarm.code === SIZE_ERROR) {
        writer.name(NAMES.size);
        return writer.null();
      }
      writer.name(NAMES.combine);
      return writeFailure(writer, COMBINE_ERRORS, alarm.code);
    default:
      alarm satisfies never;
  }
}

function writeFailedEpoch(writer: MessageWriter, epoch: Epoch): void {
  writer.map(2);
  writer.name(KEYS.epoch);
  writeEpoch(writer, epoch);
  writer.name(KEYS.err);
}

function writeFailure(
  writer: MessageWriter,
  table: Readonly<Record<string, ErrorCode>>,
  code: ErrorCode,
): void {
  writer.text(nameOf(table, code) ?? "");
}

function requireAscending<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  argument: string,
): void {
  let previous: T | undefined;
  for (const item of items) {
    if (previous !== undefined && compare(previous, item) >= 0) {
      throw invalidArgument(argument, "is not in strict order");
    }
    previous = item;
  }
}
