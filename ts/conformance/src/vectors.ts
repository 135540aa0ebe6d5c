/** `npm run vectors -- DIR [--crypto native|reference]`: checks the original's vectors and ledgers. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { TrustQuorumCrypto } from "trust-quorum";
import { backend, commandOf, cryptoOption, runCommand } from "./command.ts";
import { checkGf256, checkLrtqRacks, checkRackSecrets } from "./crypto-vectors.ts";
import {
  checkFrames,
  checkLrtqLedgers,
  checkPeerMessages,
  checkTqLedgers,
} from "./format-vectors.ts";
import { userPath } from "./files.ts";
import type { Check } from "./check.ts";

/** A checker yields one entry for each vector: null, or what differs. */
type Checker = (json: never, crypto: TrustQuorumCrypto) => Iterable<Check>;

const CHECKERS: Readonly<Record<string, Checker>> = {
  "gf256-shamir.json": checkGf256,
  "lrtq.json": checkLrtqRacks,
  "rack-secrets.json": checkRackSecrets,
  "frames.json": checkFrames,
  "peer-messages.json": checkPeerMessages,
  "tq-ledgers.json": checkTqLedgers,
};

const command = commandOf("vectors", "Checks the original's vectors, frames, messages and ledgers.")
  .argument(
    "<dir>",
    `a folder with any of ${Object.keys(CHECKERS).join(", ")} and lrtq-ledgers/N-sleds/SERIAL.json`,
  )
  .addOption(cryptoOption())
  .action((dir: string, options: { crypto: string }) => {
    process.exitCode = main(dir, backend(options.crypto));
  });

function main(dir: string, crypto: TrustQuorumCrypto): number {
  const root = userPath(dir);
  let files = 0;
  let vectors = 0;
  let divergences = 0;
  for (const [file, checks] of checksOf(root, crypto)) {
    const before = divergences;
    let count = 0;
    for (const { name, difference } of checks) {
      count += 1;
      if (difference === null) continue;
      divergences += 1;
      if (divergences === before + 1) console.log(`${file}: ${name}: ${difference}`);
    }
    files += 1;
    vectors += count;
    console.log(`${file}: ${count} vectors, ${divergences - before} divergences`);
  }
  if (files === 0) throw new Error(`${dir} has none of the vector files`);
  console.log(`${files} files, ${vectors} vectors, ${divergences} divergences`);
  return divergences > 0 ? 1 : 0;
}

/** The checks of each file that the folder has. */
function* checksOf(
  root: string,
  crypto: TrustQuorumCrypto,
): Generator<[file: string, checks: Iterable<Check>]> {
  if (!statSync(root).isDirectory()) throw new Error(`${root} is not a folder`);
  for (const [name, checker] of Object.entries(CHECKERS)) {
    const path = join(root, name);
    if (!existsSync(path)) continue;
    yield [name, checker(JSON.parse(readFileSync(path, "utf8")) as never, crypto)];
  }
  const ledgers = join(root, "lrtq-ledgers");
  if (!existsSync(ledgers)) return;
  for (const folder of readdirSync(ledgers).sort()) {
    const path = join(ledgers, folder);
    if (!statSync(path).isDirectory()) continue;
    yield [relative(root, path), checkLrtqLedgers(path, crypto)];
  }
}

runCommand(command, "vectors");
