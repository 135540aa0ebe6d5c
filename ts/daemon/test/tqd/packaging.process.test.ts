/** The service's unit is one that systemd takes, gives little away, and fits the daemon. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/tqd.ts";

const UNIT = readFileSync(
  new URL("../../../../packaging/systemd/tqd@.service", import.meta.url),
  "utf8",
);
const CONTAINER = readFileSync(
  new URL("../../../../packaging/Containerfile", import.meta.url),
  "utf8",
);
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

describe("the systemd unit", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tqd-unit-"));
    file = path.join(folder, "tqd@main.service");
    // The program need not be installed here for the unit to be right.
    writeFileSync(file, UNIT.replace("/usr/bin/tqd", process.execPath));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(!hasSystemd)("is accepted by systemd-analyze without a remark", () => {
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("tqd@main"))).toEqual([]);
    expect(status).toBe(0);
  });

  test.skipIf(!hasSystemd)("has an exposure level of at most 2.0 of 10", () => {
    const args = ["security", "--offline=yes", "--no-pager", "--threshold=20", file];
    const { status, stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    expect(stdout).toMatch(/Overall exposure level for tqd@main\.service: [01]\.\d OK/);
    expect(status).toBe(0);
  });

  test("leaves the folder of all instances' sockets where one instance stops", () => {
    expect(UNIT).toMatch(/^RuntimeDirectory=tqd$/m);
    expect(UNIT).toMatch(/^RuntimeDirectoryPreserve=yes$/m);
  });

  test("allows no core dumps and no swap, and does not restart what a restart cannot help", () => {
    for (const line of [
      "Type=notify",
      "LimitCORE=0",
      "MemorySwapMax=0",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      `RestartPreventExitStatus=${EXIT.usage} ${EXIT.diverged}`,
    ]) {
      expect(UNIT.split("\n")).toContain(line);
    }
    // V8 could not run with it.
    expect(UNIT).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});

describe("the container file", () => {
  test("runs as a user without rights, and copies nothing but the program", () => {
    expect(CONTAINER).toMatch(/^USER tqd$/m);
    const last = CONTAINER.slice(CONTAINER.lastIndexOf("\nFROM "));
    const copied = [...last.matchAll(/^COPY (.*)$/gm)].map(([, what]) => what);
    expect(copied.every((what) => what?.startsWith("--from=build /src/"))).toBe(true);
    expect(last).not.toMatch(/^(ARG|ADD) /m);
  });
});
