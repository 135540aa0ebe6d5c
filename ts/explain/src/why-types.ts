/** The parts of an explanation. */
import type { BaseboardId } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import type { Facts } from "./facts.ts";
import type { Names } from "./names.ts";

/** A reason, and the events that show it. */
export interface Reason {
  /** A stable identifier of the reason, for programs. */
  readonly code: string;
  readonly text: string;
  /** The indices of the events that show it. */
  readonly events: readonly number[];
}

/** What is to be explained: a sled and an epoch, in the part of the log that `facts` covers. */
export interface Question {
  readonly facts: Facts;
  readonly names: Names;
  readonly node: BaseboardId;
  readonly epoch: number;
  /** The configuration of the epoch; see `Facts.config`. */
  readonly config: Configuration;
}

/** A reason; its events are given by their positions. */
export function reason(
  facts: Facts,
  code: string,
  text: string,
  places: readonly number[] = [],
): Reason {
  const events = places.flatMap((place) => {
    const index = facts.log.events.get(place)?.index;
    return index === undefined ? [] : [index];
  });
  return { code, text, events };
}
