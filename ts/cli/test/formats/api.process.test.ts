/** The operator's side of this version understands the answers of earlier daemons. */
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { describe, expect, onTestFinished, test } from "vitest";
import { ErrorSchema } from "@trust-quorum/api/schemas/errors";
import { NetworkConfigSchema } from "@trust-quorum/api/schemas/network-config";
import { LiveSchema, ReadySchema } from "@trust-quorum/api/schemas/readiness";
import { fromVersion010 } from "@trust-quorum/api/client/version-0.1.0";
import { RefusedError } from "@trust-quorum/api/client/errors";
import { HttpSled } from "@trust-quorum/api/client/http";
import { Formats, VERSIONS } from "./fixtures.ts";
import type { Exchange } from "./fixtures.ts";

const STAGES = ["bootstore", "preparing", "running", "removed"] as const;

/** The routes that the client has no method for, and what their answers have to be. */
const OTHERS: Readonly<Record<string, TSchema>> = {
  live: LiveSchema,
  ready: ReadySchema,
  "network-config": NetworkConfigSchema,
};

/** A sled that answers as the old one did; the answers are found by method and path. */
async function oldSled(exchanges: Iterable<Exchange>): Promise<HttpSled> {
  const answers = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    answers.set(`${exchange.request.method} ${exchange.request.path}`, exchange);
  }
  const folder = mkdtempSync(path.join(tmpdir(), "tq-old-"));
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers.get(`${request.method ?? ""} ${request.url ?? ""}`);
    response.writeHead(answer?.status ?? 599, { "content-type": answer?.contentType });
    response.end(JSON.stringify(answer?.body));
  });
  const socket = path.join(folder, "sock");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const sled = new HttpSled("old", { kind: "socket", path: socket }, 30_000);
  onTestFinished(async () => {
    await sled.close();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return sled;
}

describe.each(VERSIONS)("of version %s", (version) => {
  const formats = new Formats(version);

  test.each(STAGES)("what tq asks for is understood at the stage %s", async (stage) => {
    const exchanges = formats.stage(stage);
    const sled = await oldSled(exchanges.values());
    const recorded = (name: string): unknown => exchanges.get(name)?.body;

    const status = await sled.status();
    expect(status.version).toBe(version);
    const { configs, commits } = status.node.persistentState;
    expect(recorded("status")).toMatchObject({ node: { persistentState: { commits } } });
    expect(recorded("lock")).toMatchObject({ epoch: (await sled.lock()).epoch });
    const { configurations } = await sled.configurations();
    const epochs = configurations.map(({ config }) => config.epoch);
    expect(epochs).toEqual(configs);
    const { coordinating } = await sled.coordinator();
    expect(coordinating?.epoch ?? null).toBe(stage === "preparing" ? 4 : null);
    const { files } = await sled.logFiles();
    expect(files.length).toBeGreaterThan(0);
  });

  test("each state of a sled's lock keeps its meaning", async () => {
    const states = STAGES.map(async (stage) => {
      const sled = await oldSled(formats.stage(stage).values());
      const [{ state }, status] = await Promise.all([sled.lock(), sled.status()]);
      return [stage, state, status.ready.ready];
    });
    expect(await Promise.all(states)).toEqual([
      ["bootstore", "lrtqOnly", false],
      ["preparing", "unlocked", true],
      ["running", "unlocked", true],
      ["removed", "expunged", false],
    ]);
  });

  test("the answers to requests are understood", async () => {
    const exchanges = formats.stage("running");
    const sled = await oldSled(exchanges.values());
    const { rackId } = await sled.status();
    if (rackId === null) throw new Error("the old sled has no rack");
    expect((await sled.unlock(1000)).state).toBe("unlocked");
    const peer = "913-0000019:BRM42220008";
    expect(await sled.proxy(peer, { kind: "status" })).toMatchObject({ kind: "status" });
    const exchange = exchanges.get("proxy-commit");
    if (exchange === undefined) throw new Error("there is no proxied commit");
    const proxied = await oldSled([exchange]);
    expect(await proxied.proxy(peer, { kind: "commit", rackId, epoch: 5 })).toEqual({
      kind: "commit",
      status: "committed",
    });
  });

  test.each([
    ["commit", null],
    ["commit-refused", "ERR_TQ_NOT_PREPARED"],
    ["commit-invalid", "ERR_TQD_BAD_REQUEST"],
  ])("the answer %s is understood", async (name, code) => {
    const exchange = formats.stage("running").get(name);
    if (exchange === undefined) throw new Error(`there is no ${name}`);
    const sled = await oldSled([exchange]);
    const body = exchange.request.body as Parameters<typeof sled.commit>[0];
    const answered = await sled.commit(body).catch((error: unknown) => error);
    if (code === null) {
      expect(answered).toEqual({ status: "committed" });
    } else {
      expect(answered).toBeInstanceOf(RefusedError);
      expect(answered).toMatchObject({ status: exchange.status, refusal: code });
    }
  });

  test("every other answer is, in today's spelling, as the schemas of this version say", () => {
    let checked = 0;
    for (const stage of STAGES) {
      for (const [name, schema] of Object.entries(OTHERS)) {
        const exchange = formats.stage(stage).get(name);
        if (exchange === undefined) throw new Error(`there is no ${name}`);
        const expected = exchange.status < 400 || name === "ready" ? schema : ErrorSchema;
        const body = fromVersion010(exchange.body);
        expect([name, ...Errors(expected, body)]).toEqual([name]);
        expect(Check(expected, body)).toBe(true);
        checked += 1;
      }
    }
    expect(checked).toBe(STAGES.length * Object.keys(OTHERS).length);
  });
});
