/** `npm run kill-test -- --kills 200`: racks of real daemons whose processes are killed all the time. */
import { randomInt } from "node:crypto";
import { Random } from "@trust-quorum/random";
import { Command, InvalidArgumentError } from "commander";
import { killRack } from "./kill-rack.ts";

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`a whole number from ${least} to ${most} is expected.`);
};

const program = new Command("kill-test")
  .description("Kills daemons (kill -9) during upgrades and reconfigurations; nothing may be lost.")
  .option("--kills <n>", "how often", number(1, 1_000_000), 200)
  .option("--racks <n>", "over how many racks, each of which is upgraded first", number(1, 1000), 4)
  .option(
    "--seed <n>",
    "of whom is killed and when (default: drawn, and printed)",
    number(0, 0xffff_ffff),
  )
  .showHelpAfterError("(--help lists what there is)")
  .parse();

const {
  kills,
  racks,
  seed = randomInt(2 ** 32 - 1),
} = program.opts<{
  kills: number;
  racks: number;
  seed?: number;
}>();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`seed ${seed}`);
const random = new Random(seed);
let done = 0;
for (let rack = 1; rack <= racks; rack++) {
  const share = Math.round((kills * rack) / racks) - done;
  const report = await killRack({ kills: share, random }, (line) => {
    print(`rack ${rack}: ${line}`);
  });
  done += report.kills;
}
print(`${done} processes killed, nothing lost`);
