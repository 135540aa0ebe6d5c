/** The cases that are compared between revisions. */
import type { Case } from "../case.ts";
import { repeated } from "../measure.ts";
import type { Sampler } from "../measure.ts";
import type { Transport } from "../rack.ts";
import { FULL } from "../sharing.ts";
import type { Sharing } from "../sharing.ts";
import { combinerInto, splitterInto } from "../subjects.ts";
import {
  FULL_RACK,
  booter,
  ledgerFiles,
  ownReconfigurer,
  reconfigurer,
  upgrader,
} from "./racks.ts";
import { firstLedger, tqDebugSummary, tqVersion, tqdListening, tqdMemory } from "./programs.ts";
import type { Revision } from "./revision.ts";

/**
 * Shared with `into`, a buffer for the result. A revision whose synchronous calls do not know it ignores it
 * and makes a new buffer: that is what its callers get, so that is what is timed.
 */
const SHARING: Sharing = { secret: new Uint8Array(32).fill(7), ...FULL };

/** The cases, in the order in which they are shown. What each of them times is said where it is made. */
export const ROWS: readonly Case[] = [
  {
    id: "ledger-43k",
    title: "read one ledger of 43 kB (32 members, epoch 9), warm",
    revision: warmLedger,
  },
  {
    id: "ledger-first",
    title: "read the first ledger (4.4 kB) of a new process",
    startsPrograms: true,
    revision: (revision) => firstLedger(revision, oneLedger(revision, 1)),
  },
  {
    id: "boot-32-ledgers",
    title: "cold boot of 32 at epoch 9, from ledger bytes to all secrets, frames",
    revision: ({ library }) => booter(library, { from: "ledgers", transport: "frames" }),
  },
  {
    id: "boot-32-frames",
    title: "cold boot of 32 at epoch 9, from restored states, frames",
    revision: ({ library }) => booter(library, { from: "states", transport: "frames" }),
  },
  {
    id: "boot-32-direct",
    title: "cold boot of 32 at epoch 9, from restored states, messages handed over",
    revision: ({ library }) => booter(library, { from: "states", transport: "direct" }),
  },
  ...[FULL_RACK, 16, 5].flatMap((size) => [
    reconfiguration(size, "frames"),
    reconfiguration(size, "direct"),
  ]),
  {
    id: "reconfiguration-32-saves",
    title: "reconfiguration: 32 nodes, every message a frame, every save as JSON",
    revision: ({ library }) =>
      reconfigurer(FULL_RACK, { library, transport: "frames", encodesSaves: true }),
  },
  {
    id: "upgrade-32",
    title: "upgrade of 32 from LRTQ to the commit, every message a frame",
    revision: ({ library }) => upgrader(library, "frames"),
  },
  {
    id: "combine-17-into",
    title: "combine 32 B, k=17, into a given buffer",
    groups: ["small"],
    comparedOnly: true,
    revision: ({ library: { crypto } }) => combinerInto(crypto, SHARING),
  },
  {
    id: "split-32-17-into",
    title: "split 32 B, n=32 k=17, into a given buffer",
    groups: ["small"],
    comparedOnly: true,
    revision: ({ library: { crypto } }) => splitterInto(crypto, SHARING),
  },
  {
    id: "tq-version",
    title: "tq --version, CPU",
    groups: ["start"],
    quantity: "cpu",
    startsPrograms: true,
    revision: tqVersion,
  },
  {
    id: "tq-debug-summary",
    title: "tq-debug --exec summary, 102,174 events of 32 sleds, CPU",
    quantity: "cpu",
    startsPrograms: true,
    revision: tqDebugSummary,
  },
  {
    id: "tqd-listening",
    title: "tqd from exec to listening, CPU",
    groups: ["start"],
    quantity: "cpu",
    startsPrograms: true,
    revision: tqdListening,
  },
  {
    id: "tqd-memory",
    title: "one tqd of three after unlock, PSS",
    quantity: "memory",
    startsPrograms: true,
    revision: tqdMemory,
  },
];

function reconfiguration(size: number, transport: Transport): Case {
  const how = transport === "frames" ? "every message a frame" : "messages handed over";
  return {
    id: `reconfiguration-${size}${transport === "frames" ? "" : "-direct"}`,
    title: `reconfiguration: ${size} nodes, ${how}`,
    ...(size < FULL_RACK ? { groups: ["small"] } : {}),
    own: (crypto) => ownReconfigurer(crypto, size, transport),
    revision: ({ library }) => reconfigurer(size, { library, transport }),
  };
}

function oneLedger({ library }: Revision, epoch: number): Uint8Array {
  const [file] = ledgerFiles(library, epoch);
  if (file === undefined) throw new Error("a rack has members");
  return file[1];
}

function warmLedger(revision: Revision): Sampler {
  const bytes = oneLedger(revision, 9);
  return repeated(() => revision.library.decodeLedger(bytes));
}
