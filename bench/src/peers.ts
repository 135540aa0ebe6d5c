/**
 * The npm packages that this one is compared with, each called as its documentation shows, and with
 * Node's random bytes where it takes a source. Preparing a peer checks that it gives the secret back.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import * as shamirSecretSharing from "shamir-secret-sharing";
import { repeated, repeatedAsync, subject } from "./measure.ts";
import type { Subject } from "./measure.ts";
import { requireSame } from "./sharing.ts";
import type { Sharing } from "./sharing.ts";

/** The peers' names on npm. */
export const NPM_PEERS = ["shamir-secret-sharing", "shamir", "secrets.js-grempe"] as const;

/** The two subjects of one peer. */
export interface PeerSubjects {
  readonly split: Subject;
  readonly combine: Subject;
}

// Neither package has types that TypeScript finds.
const require = createRequire(import.meta.url);
type Parts = Readonly<Record<string, Uint8Array>>;
interface Shamir {
  split(random: (n: number) => Uint8Array, n: number, k: number, secret: Uint8Array): Parts;
  join(parts: Parts): Uint8Array;
}
interface SecretsJs {
  share(hex: string, n: number, k: number): string[];
  combine(shares: readonly string[]): string;
}

/**
 * Prepares all npm peers. The one that takes hex digits is given them: the conversion is not timed.
 *
 * @throws Error where a peer combines to something else
 */
export async function npmPeers(sharing: Sharing): Promise<readonly PeerSubjects[]> {
  return [await privy(sharing), shamir(sharing), secretsJs(sharing)];
}

async function privy({ secret, count, threshold }: Sharing): Promise<PeerSubjects> {
  const name = "shamir-secret-sharing";
  const split = () => shamirSecretSharing.split(secret, count, threshold);
  const enough = (await split()).slice(count - threshold);
  const combine = () => shamirSecretSharing.combine(enough);
  requireSame(name, await combine(), secret);
  return {
    split: subject(name, "npm", repeatedAsync(split)),
    combine: subject(name, "npm", repeatedAsync(combine)),
  };
}

function shamir({ secret, count, threshold }: Sharing): PeerSubjects {
  const name = "shamir";
  const scheme = require("shamir") as Shamir;
  const split = () => scheme.split(randomBytes, count, threshold, secret);
  const enough = Object.fromEntries(Object.entries(split()).slice(count - threshold));
  const combine = () => scheme.join(enough);
  requireSame(name, combine(), secret);
  return {
    split: subject(name, "npm", repeated(split)),
    combine: subject(name, "npm", repeated(combine)),
  };
}

function secretsJs({ secret, count, threshold }: Sharing): PeerSubjects {
  const name = "secrets.js-grempe";
  const scheme = require("secrets.js-grempe") as SecretsJs;
  const hex = Buffer.from(secret).toString("hex");
  const split = () => scheme.share(hex, count, threshold);
  const enough = split().slice(count - threshold);
  const combine = () => scheme.combine(enough);
  requireSame(name, Buffer.from(combine(), "hex"), secret);
  return {
    split: subject(name, "npm", repeated(split)),
    combine: subject(name, "npm", repeated(combine)),
  };
}
