/** The socket's folder lets those through who may connect, whatever the umask. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prepareSocket } from "../../src/http/socket.ts";

describe("a socket's folder that does not exist, under the daemon's umask", () => {
  let folder: string;
  let umask: number;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tqd-socket-"));
    umask = process.umask(0o077);
  });
  afterEach(() => {
    process.umask(umask);
    rmSync(folder, { recursive: true });
  });

  test.each([
    { shared: true, mode: 0o711, whom: "others pass, but neither read nor write" },
    { shared: false, mode: 0o700, whom: "nobody else passes" },
  ])("is made so that $whom", async ({ shared, mode }) => {
    const socket = path.join(folder, "run", "tqd.sock");
    await prepareSocket(socket, { shared });
    expect(statSync(path.dirname(socket)).mode & 0o777).toBe(mode);
  });
});
