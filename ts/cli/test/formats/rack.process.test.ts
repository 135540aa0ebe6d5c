/** A rack that an earlier version left starts with this one, on real processes, and goes on. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TryRack } from "../tq.ts";
import type { Status } from "../tq.ts";
import { Formats, VERSIONS } from "./fixtures.ts";
import type { Exchange } from "./fixtures.ts";

let rack: TryRack;

beforeEach(() => {
  rack = new TryRack();
});
afterEach(() => rack.clean());

interface Key {
  readonly sled: string;
  readonly purpose: string;
  readonly disk: string;
  readonly epoch: number;
  readonly sha3_256: string;
}

describe.each(VERSIONS)("of version %s", (version) => {
  const formats = new Formats(version);

  test("a rack unlocks, has the recorded history and keys, and takes another member", async () => {
    await formats.makeRack(rack.rack);
    const history = formats.printed("history") as { records: { epoch: number }[] };
    expect(await rack.json("history")).toEqual(history);
    const { epoch, threshold, members } = formats.printed("status") as Status;
    await rack.ok("up");
    await rack.ok("unlock", "--wait", ...members);
    expect(await rack.status()).toMatchObject({
      ...{ epoch, threshold, members },
      unlocked: true,
      missing: [],
      unfinished: null,
    });
    expect(await rack.json("member", "list")).toEqual(formats.printed("member-list"));
    expect(await rack.json("history")).toEqual(history);

    for (const key of formats.printed("keys") as Key[]) {
      const { sled, purpose, disk } = key;
      const file = path.join(rack.folder, `key-${key.epoch}`);
      const what = ["--purpose", purpose, "--disk", disk, "--epoch", String(key.epoch)];
      await rack.ok("key", sled, ...what, "--output", file);
      const digest = createHash("sha3-256").update(readFileSync(file)).digest("hex");
      expect({ ...key, sha3_256: digest }).toEqual(key);
    }

    // An earlier tq may still ask while a rack is being updated.
    for (const exchange of formats.stage("running").values()) {
      const { method, path: url, sled } = exchange.request;
      const expected = url === "/v1/network-config" && method === "PUT" ? 409 : exchange.status;
      const socket = path.join(rack.rack, "sleds", sled, "run", "tqd.sock");
      expect([method, url, await statusOf(socket, exchange)]).toEqual([method, url, expected]);
    }

    expect(await rack.json("member", "add")).toMatchObject({ result: "committed", epoch: 6 });
    const after = (await rack.json("history")) as { records: { epoch: number }[] };
    expect(after.records.slice(0, -1)).toEqual(history.records);
    expect(after.records.at(-1)?.epoch).toBe(6);
  });
});

/** Asks again what was asked then. */
function statusOf(socketPath: string, { request: { method, path: url, body } }: Exchange) {
  return new Promise<number | undefined>((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const asked = request({ socketPath, method, path: url, headers }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
