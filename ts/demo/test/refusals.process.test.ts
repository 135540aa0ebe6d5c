/** Every refusal: the sentence says which file, and nothing is written anywhere. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LEDGER_BYTES_MAX } from "trust-quorum/ledger";
import { describe, expect, test } from "vitest";
import { HELP } from "../src/args.ts";
import { copyOf, demo, emptyFolder, ledgersOf, recorded, refusalOf, summaryOf } from "./helpers.ts";

const FIRST = "BRM42220001.json";
const SECOND = "BRM42220008.json";
const LEARNED = "BRM42229999.json";

const at = (folder: string, change: (text: string) => string, file = FIRST): void => {
  const path = join(folder, file);
  const before = readFileSync(path, "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
};

test("a refusal is one sentence on stderr, and nothing on stdout", () => {
  const stranger = copyOf(5);
  copyFileSync(join(ledgersOf(4), FIRST), join(stranger, FIRST));
  const corrupt = copyOf(5);
  at(corrupt, (text) => text.slice(0, 500));
  const occupied = copyOf(5);
  for (const args of [
    ["--lrtq", join(stranger, "nowhere")],
    ["--lrtq", stranger],
    ["--lrtq", corrupt],
    ["--lrtq", copyOf(5, ["BRM42220001"])],
    ["--keep", occupied],
  ]) {
    const { message } = refusalOf(args);
    expect(demo(args)).toEqual({ code: 1, stdout: "", stderr: `${message}\n` });
    expect(message).toMatch(/^[^\n]+\.$/);
  }
});

describe("a folder", () => {
  test("that does not exist", () => {
    const folder = join(emptyFolder(), "nowhere");
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_NO_SUCH_FOLDER",
      message: `${folder} is not a folder that can be read.`,
      exit: 1,
    });
  });

  test("that is a file", () => {
    const { code } = refusalOf(["--lrtq", join(ledgersOf(5), FIRST)]);
    expect(code).toBe("ERR_DEMO_NO_SUCH_FOLDER");
  });

  test("without a ledger", () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "README.md"), "nothing here");
    const { code, message } = refusalOf(["--lrtq", folder]);
    expect([code, message]).toEqual([
      "ERR_DEMO_NO_LEDGERS",
      `${folder} holds no bootstore ledger: they are named SERIAL.json.`,
    ]);
  });

  test("with a folder, a dangling link or a vast file instead of a ledger", () => {
    const folder = copyOf(5);
    mkdirSync(join(folder, "folder.json"));
    expect(refusalOf(["--lrtq", folder]).message).toBe("folder.json cannot be read.");
    rmSync(join(folder, "folder.json"), { recursive: true });
    symlinkSync(join(folder, "gone"), join(folder, "link.json"));
    expect(refusalOf(["--lrtq", folder])).toMatchObject({ code: "ERR_DEMO_UNREADABLE" });
    rmSync(join(folder, "link.json"));
    writeFileSync(join(folder, "vast.json"), "");
    truncateSync(join(folder, "vast.json"), LEDGER_BYTES_MAX + 1);
    expect(refusalOf(["--lrtq", folder]).message).toBe("vast.json is too large for a ledger.");
  });
});

describe("a corrupt ledger", () => {
  test("is named with code and offset", () => {
    const folder = copyOf(5);
    at(folder, (text) => text.slice(0, 500));
    expect(refusalOf(["--lrtq", folder])).toMatchObject({
      code: "ERR_DEMO_CORRUPT_LEDGER",
      exit: 1,
    });
    const { message } = refusalOf(["--lrtq", folder]);
    expect(message).toMatch(/^BRM42220001\.json .* at byte \d+: .*\(ERR_TQ_LEDGER_CORRUPT\)\.$/);
  });

  test("is refused when it is empty, no JSON, or has something after its end", () => {
    for (const change of [() => "", () => "hello", (text: string) => `${text} `]) {
      const folder = copyOf(5);
      at(folder, change);
      expect(refusalOf(["--lrtq", folder])).toMatchObject({ code: "ERR_DEMO_CORRUPT_LEDGER" });
    }
  });

  test("is refused when one byte of its share is another", () => {
    const folder = copyOf(5);
    at(folder, (text) => text.replace('"share":[1,25,', '"share":[1,26,'));
    const { code, message } = refusalOf(["--lrtq", folder]);
    expect(code).toBe("ERR_DEMO_CORRUPT_LEDGER");
    expect(message).toContain(FIRST);
  });

  test("is found in the end when one byte of its spare shares is another", () => {
    const folder = copyOf(5);
    at(folder, (text) =>
      text.replace(/"encrypted_shares":\[(\d+),/, (_, byte: string) => {
        return `"encrypted_shares":[${(Number(byte) + 1) % 256},`;
      }),
    );
    const json = demo(["--lrtq", folder, "--json"]);
    expect(json.code).toBe(1);
    const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe("ERR_DEMO_SPARE_SHARES");
    expect(error.message).toMatch(
      /^The spare shares in BRM42220001\.json cannot be decrypted: .*\(ERR_TQ_AUTHENTICATION_FAILED\)\.$/,
    );
    const text = demo(["--lrtq", folder]);
    expect([text.code, text.stderr]).toEqual([1, `${error.message}\n`]);
    expect(text.stdout).not.toContain("Nothing was lost:");
  });
});

describe("ledgers that do not belong together", () => {
  test("a ledger of another rack is named, with both racks", () => {
    const folder = copyOf(5);
    copyFileSync(join(ledgersOf(4), FIRST), join(folder, FIRST));
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_OTHER_RACK",
      message: `${FIRST} is of rack ${recorded(4).rack_uuid}, the others of rack ${recorded(5).rack_uuid}.`,
      exit: 1,
    });
  });

  test("a ledger under another sled's name", () => {
    const folder = copyOf(5, ["BRM42220001", "BRM42220015", "BRM42220022"]);
    renameSync(join(folder, FIRST), join(folder, SECOND));
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_FILE_NAME",
      message: `${SECOND} holds the ledger of BRM42220001.`,
      exit: 1,
    });
  });

  test("a name that is no serial number", () => {
    const folder = copyOf(5);
    renameSync(join(folder, LEARNED), join(folder, "a:b.json"));
    const { code, message } = refusalOf(["--lrtq", folder]);
    expect(code).toBe("ERR_DEMO_FILE_NAME");
    expect(message).toMatch(/^a:b\.json does not have the name of a sled: /);
  });

  test("two ledgers with the same share", () => {
    const folder = copyOf(5);
    copyFileSync(join(folder, LEARNED), join(folder, "BRM42227777.json"));
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_SAME_SHARE",
      message: `BRM42227777.json and ${LEARNED} hold the same share.`,
      exit: 1,
    });
  });

  test("another threshold, other digests, other initial members", () => {
    const threshold = copyOf(5);
    at(threshold, (text) => text.replace('"threshold":3', '"threshold":2'));
    expect(refusalOf(["--lrtq", threshold])).toMatchObject({
      code: "ERR_DEMO_CONTRADICTING_LEDGERS",
    });
    const member = copyOf(5);
    at(member, (text) => text.replace('"identifier":"BRM42220029"', '"identifier":"BRM42220028"'));
    const { code, message } = refusalOf(["--lrtq", member]);
    expect(code).toBe("ERR_DEMO_CONTRADICTING_LEDGERS");
    expect(message).toBe(`${SECOND} and ${FIRST} do not agree on the rack's initial members.`);
  });
});

describe("too few ledgers", () => {
  test("fewer than K with a share", () => {
    const folder = copyOf(5, ["BRM42220001", "BRM42229999", "BRM42228888"]);
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_TOO_FEW_LEDGERS",
      message: "2 ledgers have a share, and it takes 3 to rebuild the rack secret.",
      exit: 1,
    });
  });

  test("enough for LRTQ, but not for a trust quorum", () => {
    const folder = copyOf(3, ["BRM42220001", "BRM42220008"]);
    expect(refusalOf(["--lrtq", folder])).toEqual({
      code: "ERR_DEMO_TOO_FEW_MEMBERS",
      message: "2 ledgers have a share, and a trust quorum has at least 3 members.",
      exit: 1,
    });
  });

  test("none with a share, and none of an initial member", () => {
    const { code } = refusalOf(["--lrtq", copyOf(5, ["BRM42228888"])]);
    expect(code).toBe("ERR_DEMO_TOO_FEW_LEDGERS");
    expect(refusalOf(["--lrtq", copyOf(5, ["BRM42229999"])]).code).toBe(
      "ERR_DEMO_NO_INITIAL_MEMBER",
    );
  });

  test("a refused folder leaves nothing behind", () => {
    const keep = join(emptyFolder(), "kept");
    const args = ["--lrtq", copyOf(5, ["BRM42220001"]), "--keep", keep];
    expect(refusalOf(args).code).toBe("ERR_DEMO_TOO_FEW_LEDGERS");
    expect(existsSync(keep)).toBe(false);
  });
});

describe("a part of the ledgers is enough", () => {
  test("exactly K of the initial members", () => {
    const serials = ["BRM42220008", "BRM42220022", "BRM42220029"];
    const { proofs, epochs, members } = summaryOf(["--lrtq", copyOf(5, serials)]);
    expect(epochs.map(({ state }) => state)).toEqual(["aborted", "committed", "committed"]);
    expect(epochs[1]?.members).toEqual(serials);
    expect(members).toEqual(["BRM42220022", "BRM42220029", "BRM42230001", "BRM42230002"]);
    expect(proofs.spareSharesChecked).toBe(3 * 50);
  });

  test("K with the learned sled among them", () => {
    const serials = ["BRM42220008", "BRM42220022", "BRM42229999"];
    const { proofs, epochs } = summaryOf(["--lrtq", copyOf(5, serials)]);
    expect(epochs[1]?.committed).toEqual(serials);
    expect(proofs.spareSharesChecked).toBe(2 * 50);
  });

  test("17 of 32, and the learned one among the members then", () => {
    const serials = recorded(32)
      .shares.slice(0, 16)
      .map(({ serial }) => serial);
    const folder = copyOf(32, [...serials, "BRM42229999"]);
    const { epochs, leftOut } = summaryOf(["--lrtq", folder]);
    expect(leftOut).toEqual([]);
    expect(epochs[1]?.members).toEqual([...serials, "BRM42229999"].sort());
  });

  test("a third sled without a share is left out, and told so", () => {
    const folder = copyOf(5);
    for (const serial of ["BRM42228887", "BRM42228886"]) {
      const state = serial.endsWith("7") ? "Uninitialized" : "Learning";
      writeFileSync(join(folder, `${serial}.json`), `{"generation":1,"state":"${state}"}`);
    }
    const { added, leftOut } = summaryOf(["--lrtq", folder]);
    expect(added).toEqual(["BRM42228886", "BRM42228888"]);
    expect(leftOut).toEqual([
      { serial: "BRM42228887", reason: "it has no share, and two sleds are added already" },
    ]);
  });
});

describe("the command line", () => {
  test.each([
    [["--sleds", "6"], '--sleds is 3, 4, 5, 16 or 32, not "6"'],
    [["--sleds"], "Option '--sleds <value>' argument missing"],
    [["--crypto", "none"], '--crypto is native or reference, not "none"'],
    [["--sleds", "5", "--lrtq", "."], "--sleds and --lrtq exclude each other"],
    [["--keep", ""], "--keep needs a folder"],
    [["--lrtq="], "--lrtq needs a folder"],
    [["--verbose"], "Unknown option '--verbose'"],
    [["5"], "Unexpected argument '5'"],
  ])("%j is invalid usage", (args, problem) => {
    const text = demo(args);
    expect([text.code, text.stdout]).toEqual([2, ""]);
    expect(text.stderr).toBe(`${problem}\n\n${HELP}`);
    const json = demo([...args, "--json"]);
    // An option that takes a value takes this one too.
    if (args.at(-1) === "--sleds") return;
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toEqual({
      ok: false,
      error: { code: "ERR_DEMO_USAGE", message: problem },
    });
  });
});

describe("--keep", () => {
  test("never touches a folder that holds something", () => {
    const keep = emptyFolder();
    writeFileSync(join(keep, "BRM42220001.json"), "mine");
    expect(refusalOf(["--keep", keep])).toEqual({
      code: "ERR_DEMO_KEEP_NOT_EMPTY",
      message: `${keep} is not empty; the ledgers would mix with what is in it.`,
      exit: 1,
    });
    expect(readdirSync(keep)).toEqual(["BRM42220001.json"]);
    expect(readFileSync(join(keep, "BRM42220001.json"), "utf8")).toBe("mine");
  });

  test("is refused where there is a file, or no folder can be made", () => {
    const file = join(emptyFolder(), "file");
    writeFileSync(file, "");
    expect(refusalOf(["--keep", file]).code).toBe("ERR_DEMO_KEEP_UNUSABLE");
    expect(refusalOf(["--keep", join(file, "below")]).code).toBe("ERR_DEMO_KEEP_UNUSABLE");
  });
});

test("what nobody foresaw ends with exit code 1 too, and with a stack", () => {
  const nowhere = join(emptyFolder(), "nowhere");
  const json = demo(["--json"], { TMPDIR: nowhere });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    error: { code: "ERR_DEMO_INTERNAL" },
  });
  expect(demo([], { TMPDIR: nowhere })).toMatchObject({ code: 1 });
  expect(demo([], { TMPDIR: nowhere }).stderr).toContain("    at ");
});
