/** What an explanation is made of. */
import type { BaseboardId } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import type { Facts } from "./facts.ts";
import type { Names } from "./names.ts";

/** One reason, with the events that show it. */
export interface Reason {
  /** A stable name of the path of the protocol, for programs. */
  readonly code: string;
  readonly text: string;
  /** Indices of events. */
  readonly events: readonly number[];
}

/** Whom, which epoch and up to where; and what the log says of it. */
export interface Question {
  readonly facts: Facts;
  readonly names: Names;
  readonly node: BaseboardId;
  readonly epoch: number;
  /** The configuration of the epoch, as the node holds it or else as the log shows it. */
  readonly config: Configuration;
}

/** Makes reasons whose events are given by their places. */
export function reason(
  facts: Facts,
  code: string,
  text: string,
  places: readonly number[] = [],
): Reason {
  const events = places.flatMap((place) => {
    const index = facts.log.events[place]?.index;
    return index === undefined ? [] : [index];
  });
  return { code, text, events };
}
