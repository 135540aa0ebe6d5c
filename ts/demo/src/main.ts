/** `npm run demo`: see `--help`. */
import { isTrustQuorumError } from "trust-quorum";
import { HELP, parseCommandLine } from "./args.ts";
import { Refusal } from "./refusal.ts";
import { runDemo } from "./run.ts";
import { counted } from "./scene.ts";
import type { Summary } from "./summary.ts";
import { TerminalStory, printable, silentStory, wantsColour } from "./terminal.ts";

// Whoever reads the output may stop reading, as `head` does. The demo goes on without a reader.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const argv = process.argv.slice(2);
process.exitCode = await main(argv).catch((error: unknown) => fail(error, argv.includes("--json")));

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (options === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.json) {
    const summary = await runDemo(options, silentStory);
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return 0;
  }
  const colour = wantsColour(process.stdout, process.env);
  const story = new TerminalStory((text) => process.stdout.write(text), { colour });
  const summary = await runDemo(options, story);
  tellEnd(story, summary);
  return 0;
}

function tellEnd(story: TerminalStory, summary: Summary): void {
  const { messages, bytes, ledgers, timings, proofs, crypto } = summary;
  const { total = 0 } = timings;
  story.say(
    `Nothing was lost: all ${proofs.spareSharesChecked} spare shares decrypted and checked against ` +
      "the bootstore's own digests.",
    "good",
  );
  const kinds = Object.entries(messages.byKind).map(([kind, sent]) => `${kind} ${sent}`);
  story.say(
    `${counted(messages.total, "message")} in ${count(bytes.total)} bytes (${messages.lost} lost): ` +
      `${kinds.join(", ")}. ${counted(ledgers.writes, "ledger write")}, ` +
      `${(total / 1000).toFixed(2)} s, ${crypto} crypto.`,
    "quiet",
  );
  if (ledgers.folder !== null) {
    story.say(`The ledgers are kept in ${ledgers.folder}. They hold shares in clear.`);
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Says what is wrong: in one sentence where the input is to blame, with the stack where we are. */
function fail(error: unknown, json: boolean): number {
  const expected =
    error instanceof Refusal ||
    isTrustQuorumError(error, "ERR_TQ_LEDGER_SAVE_FAILED") ||
    isTrustQuorumError(error, "ERR_TQ_NATIVE_UNAVAILABLE");
  const invalidUsage = error instanceof Refusal && error.code === "ERR_DEMO_USAGE";
  const code = expected ? error.code : "ERR_DEMO_INTERNAL";
  const message = printable(messageOf(error));
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message } })}\n`);
  if (invalidUsage) process.stderr.write(`${message}\n\n${HELP}`);
  else if (!expected) process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
  else if (!json) process.stderr.write(`${message}\n`);
  return invalidUsage ? 2 : 1;
}

/** The text of an error; of a failed save also why it failed: a full disk is nothing to search for. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const why = isTrustQuorumError(error, "ERR_TQ_LEDGER_SAVE_FAILED") && cause instanceof Error;
  return why ? `${message}: ${cause.message}` : message;
}
