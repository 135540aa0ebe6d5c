/** The log that the tests open in browsers, and what they should find in it. */
import { readFileSync } from "node:fs";
import { Facts, Names, explain } from "@trust-quorum/explain";
import { Timeline, readLogOrTrace } from "@trust-quorum/replay";
import { nativeCrypto } from "trust-quorum";
import { expect } from "vitest";

export const LOG = readFileSync(new URL("../../../../testdata/logs/rack.jsonl", import.meta.url));

/** What Node finds in the log, and no difference between it and its replay. */
export function expected(): unknown {
  const log = readLogOrTrace(LOG, { crypto: nativeCrypto() });
  const names = Names.of(log);
  const facts = new Facts(new Timeline(log), log.events.length);
  const why = explain(facts, names, names.resolve("9999"), 10);
  const reasons = [...why.general, ...why.notAcknowledged, ...why.notCommitted, ...why.notUnlocked];
  return {
    events: log.events.length,
    replayed: log.events.length,
    divergences: [],
    reasons: JSON.parse(JSON.stringify(reasons)) as unknown,
    refused: expect.stringMatching(/^line 1: the line must have required properties /) as unknown,
  };
}
