/** `npm run load-test`: real daemons on this machine, and measured figures. */
import { Command, InvalidArgumentError } from "commander";
import { attack } from "./attack.ts";
import { boot } from "./boot.ts";
import { writeBlock } from "./document.ts";
import { memory } from "./memory.ts";
import { growthIn, reconfigurations } from "./reconfigurations.ts";

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`a whole number from ${least} to ${most} is expected.`);
};

const program = new Command("load-test")
  .description("Runs real daemons over loopback and prints what was measured.")
  .option("--json", "print the figures as one JSON object instead")
  .option("--write", "put what was printed into docs/load.md, which has a block for this command")
  .showHelpAfterError("(--help lists what there is)");

const printed: string[] = [];
const print = (line: string): void => {
  printed.push(line);
  if (program.opts<{ json?: true }>().json !== true) process.stdout.write(`${line}\n`);
};
const result = (value: object): void => {
  if (program.opts<{ json?: true }>().json !== true) return;
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

program
  .command("boot")
  .description("a whole rack loses power, comes back and unlocks")
  .option("--sleds <n>", "how many daemons", number(3, 32), 32)
  .option("--rounds <n>", "how many times", number(1, 1000), 3)
  .option("--network-last", "let all of them run before there is a network")
  .action(async (options: { sleds: number; rounds: number; networkLast?: true }) => {
    const { sleds, rounds, networkLast = false } = options;
    result({ boot: await boot({ sleds, rounds, networkLast }, print) });
  });
program
  .command("reconfigure")
  .description("reconfigurations in a row: memory, open files and files on disk")
  .option("--sleds <n>", "how many daemons", number(3, 32), 5)
  .option("--count <n>", "how many reconfigurations", number(1, 100_000), 1000)
  .action(async (options: { sleds: number; count: number }) => {
    const samples = await reconfigurations(options, print);
    result({ reconfigurations: samples });
    if (growthIn(samples).length > 0) process.exitCode = 1;
  });
program
  .command("memory")
  .description("a fresh daemon against an empty Node process")
  .action(async () => {
    result({ memory: await memory(print) });
  });
program
  .command("attack")
  .description("hostile connections of every kind to one sled of a rack")
  .option("--connections <n>", "how many", number(10, 1_000_000), 10_000)
  .action(async (options: { connections: number }) => {
    result({ attack: await attack(options, print) });
  });

await program.parseAsync();
if (program.opts<{ write?: true }>().write === true) {
  const command = process.argv.slice(2).filter((word) => word !== "--write");
  writeBlock(command.join(" "), printed);
}
