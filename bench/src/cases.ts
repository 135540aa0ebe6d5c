/** The cases: what is compared. The worker processes know a case by its id. */
import { nativeCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Case } from "./case.ts";
import { repeated, subject } from "./measure.ts";
import type { Sampler, Subject } from "./measure.ts";
import {
  nodeConfigurer,
  nodeDeriver,
  nodeHasher,
  nodeLoader,
  nodeRandom,
  nodeSealer,
  nodeSubject,
} from "./node-crypto.ts";
import { npmPeers } from "./peers.ts";
import { CURRENT_REVISION } from "./revisions/revision.ts";
import { ROWS } from "./revisions/rows.ts";
import { FULL } from "./sharing.ts";
import type { Sharing } from "./sharing.ts";
import { combiner, combinerInto, configurer, loader, splitter, splitterInto } from "./subjects.ts";

/** The name of the native backend in a process whose environment selects the portable kernel. */
export const PORTABLE = "native, portable kernel";

const MIB = 1024 * 1024;
const SECRET = new Uint8Array(32).fill(7);
const LARGE: Sharing = { secret: new Uint8Array(MIB).fill(7), count: 5, threshold: 3 };

/** All cases, in the order in which they are shown. */
export const CASES: readonly Case[] = [
  ...sharing({ secret: SECRET, ...FULL }, "split-32-17", "combine-17", "32 B"),
  ...sharing({ secret: SECRET, count: 5, threshold: 3 }, "split-5-3", "combine-3", "32 B"),
  // Without the npm packages, which take seconds for one call.
  ...sharing(LARGE, "split-large", "combine-large", "1 MiB").map(({ others: _, ...one }) => one),
  {
    id: "configuration",
    title: "configuration: secret, 32 shares, 32 digests",
    own: configurer,
    others: () => Promise.resolve([nodeSubject(nodeConfigurer())]),
  },
  {
    id: "load-path",
    title: "load path: check 17 digests, combine, derive, open 8 secrets",
    own: loader,
    others: () => Promise.resolve([nodeSubject(nodeLoader())]),
  },
  {
    id: "sha3-256",
    title: "SHA3-256 of a share (33 B)",
    own: hasher(33),
    others: () => Promise.resolve([nodeSubject(nodeHasher(33))]),
  },
  {
    id: "sha3-256-large",
    title: "SHA3-256 of 1 MiB",
    own: hasher(MIB),
    others: () => Promise.resolve([nodeSubject(nodeHasher(MIB))]),
  },
  {
    id: "hkdf",
    title: "HKDF-SHA3-256, 32 B",
    others: () => Promise.resolve([nodeSubject(nodeDeriver())]),
  },
  {
    id: "chacha20-poly1305",
    title: "ChaCha20-Poly1305, 320 B",
    others: () => Promise.resolve([nodeSubject(nodeSealer())]),
  },
  {
    id: "random",
    title: "random bytes, 544 B",
    others: () => Promise.resolve([nodeSubject(nodeRandom())]),
  },
  ...ROWS,
];

/** Prepares the subjects of a case that run in this process. */
export async function localSubjects(one: Case): Promise<readonly Subject[]> {
  const { own, ownInto, others, revision } = one;
  const sampler = own?.(nativeCrypto()) ?? (await revision?.(CURRENT_REVISION));
  const subjects = sampler === undefined ? [] : [subject("native", "native", sampler)];
  if (ownInto !== undefined) {
    subjects.push(subject("native, with `into`", "native", ownInto(nativeCrypto())));
  }
  return [...subjects, ...((await others?.()) ?? [])];
}

/** Whether a case or another measurement is selected by `--only`: one of its names has one of the texts. */
export function isSelected(only: string, names: readonly string[]): boolean {
  return only
    .split(",")
    .some((text) => names.some((name) => name.toLowerCase().includes(text.trim().toLowerCase())));
}

/** The cases that `--only` selects by their id, title or groups. */
export function selectedCases(only: string): readonly Case[] {
  return CASES.filter(({ id, title, groups = [] }) => isSelected(only, [id, title, ...groups]));
}

function sharing(work: Sharing, splitId: string, combineId: string, size: string): Case[] {
  const { count, threshold } = work;
  return [
    {
      id: splitId,
      title: `split ${size}, n=${count} k=${threshold}`,
      own: (crypto) => splitter(crypto, work),
      ownInto: (crypto) => splitterInto(crypto, work),
      others: async () => (await npmPeers(work)).map(({ split }) => split),
    },
    {
      id: combineId,
      title: `combine ${size}, k=${threshold}`,
      own: (crypto) => combiner(crypto, work),
      ownInto: (crypto) => combinerInto(crypto, work),
      others: async () => (await npmPeers(work)).map(({ combine }) => combine),
    },
  ];
}

function hasher(length: number): (crypto: TrustQuorumCrypto) => Sampler {
  const bytes = new Uint8Array(length).fill(7);
  return (crypto) => repeated(() => crypto.sha3_256(bytes));
}
