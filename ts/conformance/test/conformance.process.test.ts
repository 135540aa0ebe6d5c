/** The commands themselves, as a user runs them, on the fixtures that the original wrote. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const TESTDATA = fileURLToPath(new URL("../../../testdata", import.meta.url));
const TRACES = join(TESTDATA, "traces");
const LRTQ_TRACE = "trace-0004-lrtq.jsonl.gz";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "conformance-"));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function run(command: string, ...args: string[]) {
  const script = join(PACKAGE, "dist", `${command}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: scratch,
    encoding: "utf8",
    env: { ...process.env, INIT_CWD: scratch },
  });
  return { status, stdout, stderr };
}

function lines(trace: string): string[] {
  return gunzipSync(readFileSync(join(TRACES, trace)))
    .toString("utf8")
    .trimEnd()
    .split("\n");
}

/** A copy of a trace in which one line is changed. */
function changed(name: string, change: (line: Record<string, unknown>) => boolean): string {
  let done = false;
  const text = lines(LRTQ_TRACE).map((line) => {
    const json = JSON.parse(line) as Record<string, unknown>;
    if (done || !("call" in json) || !change(json)) return line;
    done = true;
    return JSON.stringify(json);
  });
  expect(done).toBe(true);
  const file = join(scratch, name);
  writeFileSync(file, gzipSync(text.join("\n")));
  return file;
}

describe.each(["native", "reference"])("with the %s crypto", (crypto) => {
  test("every step of every trace is reproduced", () => {
    const { status, stdout } = run("conformance", TRACES, "--crypto", crypto);
    expect(stdout).toBe("32 traces, 43461 steps, 0 divergences\n");
    expect(status).toBe(0);
  });

  test("with the guard only its own refusals deviate, as often as it is written down", () => {
    const { status, stdout } = run("conformance", TRACES, "--crypto", crypto, "--guard", "strict");
    const expected = readFileSync(new URL("guard-deviations.txt", import.meta.url), "utf8");
    expect(stdout).toBe(`${expected}32 traces, 43461 steps, 0 divergences\n`);
    expect(status).toBe(0);
  });

  test("every vector, frame, message and ledger is reproduced", () => {
    const { status, stdout } = run("vectors", TESTDATA, "--crypto", crypto);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^11 files, \d+ vectors, 0 divergences$/);
    expect(status).toBe(0);
  });
});

describe("a divergence is found, told without secrets, and ends with 1", () => {
  const swap = (hex: unknown) => (String(hex).startsWith("a") ? "b" : "a") + String(hex).slice(1);

  test("in a message", () => {
    const file = changed("message.jsonl.gz", (line) => {
      const [first] = (line["sent"] ?? []) as { msg: string }[];
      if (first === undefined) return false;
      first.msg = `${first.msg.slice(0, -2)}07`;
      return true;
    });
    const { status, stdout } = run("conformance", file);
    expect(stdout).toMatch(/1 divergences, the first at line \d+:\n {2}\w+ on .*: sent to /);
    expect(stdout).toMatch(/original: \w+ .*\n {2}here: /);
    expect(status).toBe(1);
  });

  test("in a state's digest", () => {
    const file = changed("state.jsonl.gz", (line) => {
      if (line["state_sha3"] === undefined) return false;
      line["state_sha3"] = swap(line["state_sha3"]);
      return true;
    });
    expect(run("conformance", file)).toMatchObject({ status: 1 });
  });

  test("in a result, whose secret is not printed", () => {
    let secret = "";
    const file = changed("secret.jsonl.gz", (line) => {
      const result = line["result"] as { secret?: string } | string | undefined;
      if (typeof result !== "object" || result.secret === undefined) return false;
      secret = result.secret;
      line["result"] = { secret: swap(secret) };
      return true;
    });
    const { status, stdout } = run("conformance", file);
    expect(stdout).toMatch(/original: secret [0-9a-f]{8}\n {2}here: {5}secret [0-9a-f]{8}\n/);
    expect(stdout).not.toContain(secret.slice(2));
    expect(status).toBe(1);
  });

  test("in what is coordinated", () => {
    const file = changed("coordinating.jsonl.gz", (line) => {
      const coordinating = line["coordinating"] as { op: string } | undefined;
      if (coordinating === undefined) return false;
      coordinating.op = "something else";
      return true;
    });
    expect(run("conformance", file)).toMatchObject({ status: 1 });
  });

  test("in what is drawn at random", () => {
    const file = changed("random.jsonl.gz", (line) => {
      const random = line["random"] as { salt?: string } | undefined;
      if (random?.salt === undefined) return false;
      delete line["random"];
      return true;
    });
    const { status, stdout } = run("conformance", file);
    expect(stdout).toMatch(/original: .*\n {2}here: /);
    expect(status).toBe(1);
  });

  test("in how a node ended", () => {
    const all = lines(LRTQ_TRACE);
    const final = JSON.parse(all.pop() ?? "") as { final: Record<string, { alarms: number }> };
    const [node] = Object.values(final.final);
    if (node !== undefined) node.alarms += 1;
    const file = join(scratch, "final.jsonl");
    writeFileSync(file, [...all, JSON.stringify(final)].join("\n"));
    const { status, stdout } = run("conformance", file);
    expect(stdout).toContain("final on ");
    expect(status).toBe(1);
  });

  test("in a vector", () => {
    const folder = join(scratch, "vectors");
    cpSync(join(TESTDATA, "rack-secrets.json"), join(folder, "rack-secrets.json"));
    const vectors = JSON.parse(readFileSync(join(TESTDATA, "rack-secrets.json"), "utf8")) as {
      data: string;
    }[];
    const [first] = vectors;
    if (first !== undefined) first.data = swap(first.data);
    writeFileSync(join(folder, "rack-secrets.json"), JSON.stringify(vectors));
    const { status, stdout } = run("vectors", folder);
    expect(stdout).toContain("ERR_TQ_AUTHENTICATION_FAILED");
    expect(stdout).toMatch(/1 files, 10 vectors, 2 divergences\n$/);
    expect(status).toBe(1);
  });
});

describe("a bad command line or file is one clear line and ends with 2", () => {
  test.each([
    [["conformance"], "missing required argument 'path'"],
    [["conformance", "no-such-file"], "no-such-file"],
    [["conformance", "."], "no such file in it"],
    [["conformance", "--crypto", "rot13", TRACES], "Allowed choices are native, reference"],
    [["conformance", "--wat", TRACES], "--wat"],
    [["vectors"], "missing required argument 'dir'"],
    [["vectors", ".", "more"], "too many arguments"],
    [["vectors", "."], "none of the vector files"],
    [["fuzz", "--minutes", "0"], "Give a number above 0"],
    [["fuzz", "--seed", "4294967296"], "Give an integer from 0 to 4294967295"],
  ])("%j", (args, text) => {
    const [command = "", ...rest] = args;
    const empty = join(scratch, "empty");
    cpSync(join(PACKAGE, "package.json"), join(empty, "package.json"));
    const there = rest.map((arg) => (arg === "." ? empty : arg));
    const { status, stderr } = run(command, ...there);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(2);
  });

  test("a file that is no trace", () => {
    writeFileSync(join(scratch, "not-a-trace.jsonl"), "hello\nworld\n");
    const { status, stderr } = run("conformance", "not-a-trace.jsonl");
    expect(stderr).toMatch(/not-a-trace\.jsonl: /);
    expect(status).toBe(2);
  });
});

test("the traces are plain or compressed, and a folder holds any number of them", () => {
  const folder = join(scratch, "traces");
  cpSync(join(TRACES, LRTQ_TRACE), join(folder, LRTQ_TRACE));
  writeFileSync(join(folder, "plain.jsonl"), lines("trace-0002.jsonl.gz").join("\n"));
  const { stdout } = run("conformance", folder);
  const steps = lines(LRTQ_TRACE).length + lines("trace-0002.jsonl.gz").length - 4;
  expect(stdout).toBe(`2 traces, ${steps} steps, 0 divergences\n`);
  expect(readdirSync(folder)).toHaveLength(2);
});
