/**
 * `node scripts/run.mjs ts/debugger bench [EVENTS] [SLEDS]`: how long it takes to open a large log, to
 * step backwards in it, to explain and to replay it.
 */
import { LogLines, Recorder, isCall, readLog } from "@trust-quorum/event-log";
import { Timeline } from "@trust-quorum/replay";
import { baseboardId, nativeCrypto, parseRackId, wipeMessage } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { DrivenNode } from "trust-quorum/protocol";
import { runLine } from "./commands.ts";
import { Session } from "./session.ts";

const crypto = nativeCrypto();
const rackId = parseRackId("6f1a9f3c-52f0-4f6e-9d0a-2f3f3d0f0a11");

/** A log of a rack that reconfigures itself, unlocks and loses links, again and again. */
function makeLog(events: number, sleds: number): Uint8Array {
  const sink = new LogLines();
  let now = 0;
  const recorder = new Recorder({
    sink,
    producer: { name: "bench", version: "1" },
    clock: { kind: "virtual", now: () => now },
    crypto,
    rackId,
  });
  const ids = Array.from({ length: sleds }, (_, i) =>
    baseboardId("913-0000019", `BRM${String(i).padStart(5, "0")}`),
  );
  const nodes = new Map<BaseboardId, DrivenNode>(
    ids.map((self) => [self, recorder.add({ self, ledger: null })]),
  );
  const queue: (() => void)[] = [];
  const call = (id: BaseboardId, run: (node: DrivenNode) => void): void => {
    const node = nodes.get(id);
    if (node === undefined) return;
    now += 1;
    run(node);
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      if (out.kind === "persist") node.persisted(out.generation);
      if (out.kind !== "send") continue;
      const { to, message } = out.envelope;
      queue.push(() => {
        call(to, (peer) => peer.receive(id, message));
        wipeMessage(message);
      });
    }
  };
  const settle = () => {
    for (let i = 0; i < queue.length; i++) queue[i]?.();
    queue.length = 0;
  };
  for (const a of ids) for (const b of ids) if (a !== b) call(a, (node) => node.connect(b));
  for (let epoch = 1; recorder.events < events; epoch++) {
    const coordinator = ids[epoch % sleds] ?? rackCoordinator(ids);
    const lastCommittedEpoch = epoch === 1 ? null : epoch - 1;
    const threshold = (sleds >> 1) + 1;
    call(coordinator, (node) =>
      node.coordinateReconfiguration({
        rackId,
        epoch,
        members: ids,
        threshold,
        lastCommittedEpoch,
      }),
    );
    settle();
    for (const id of ids) call(id, (node) => node.commit({ rackId, epoch }));
    for (const id of ids) call(id, (node) => node.loadRackSecret(epoch)?.dispose());
    settle();
    for (const id of ids)
      call(id, (node) =>
        node.disconnect(coordinator === id ? rackCoordinator(ids, id) : coordinator),
      );
    for (const id of ids)
      call(id, (node) => node.connect(coordinator === id ? rackCoordinator(ids, id) : coordinator));
    settle();
  }
  recorder.flush();
  for (const node of nodes.values()) node.dispose();
  return new TextEncoder().encode(sink.text());
}

function rackCoordinator(ids: readonly BaseboardId[], other?: BaseboardId): BaseboardId {
  const found = ids.find((id) => id !== other);
  if (found === undefined) throw new Error("a rack has sleds");
  return found;
}

/** Milliseconds of this process's own work, beside those of the clock: a busy machine adds to these only. */
function timed<T>(what: string, run: () => T): T {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const value = run();
  told(what, start, before);
  return value;
}

function told(what: string, start: number, before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  const [wall, cpu] = [performance.now() - start, (user + system) / 1000];
  const number = (value: number) => value.toFixed(1).padStart(9);
  console.log(`${what.padEnd(44)} ${number(wall)} ms ${number(cpu)} ms of CPU`);
}

const [events = 100_000, sleds = 32] = process.argv.slice(2).map(Number);
const bytes = timed(`recording ${events} events of ${sleds} sleds`, () => makeLog(events, sleds));
const log = timed(`reading ${(bytes.length / 1e6).toFixed(1)} MB, every line checked`, () =>
  readLog(bytes, { hash: (data) => crypto.sha3_256(data) }),
);
timed("the timeline of all states", () => new Timeline(log));
const session = timed(
  "opening a session (with its own timeline)",
  () => new Session({ log, path: "bench", crypto, width: 100 }),
);
const count = log.events.length;
console.log(`${count} events, ${log.events.filter(isCall).length} of them calls`);

const times: number[] = [];
for (let i = 0; i < 1000; i++) {
  const start = performance.now();
  await runLine(session, "back");
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(
  `${"a step backwards, the median of 1000".padEnd(44)} ${(times[500] ?? 0).toFixed(3).padStart(9)} ms`,
);
console.log(
  `${"a step backwards, the slowest of 1000".padEnd(44)} ${(times.at(-1) ?? 0).toFixed(3).padStart(9)} ms`,
);

async function command(line: string): Promise<void> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await runLine(session, line);
  told(line, start, before);
}
await command("goto start");
await command("back 10");
await command("goto end");
await command("why BRM00005 3");
await command("summary");
await command("events kind prepare epoch 3");
await command("check");
