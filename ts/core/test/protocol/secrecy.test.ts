/** Secrets and shares never appear in a status, printed objects, JSON, an error or an event. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { BACKENDS } from "./backends.ts";
import { Cluster } from "./cluster.ts";
import { RACK, Subject, drain, e, lrtqRack, make, sled, sleds, stateWith } from "./fixtures.ts";

/** Every way in which four bytes of a secret may turn up in text. */
function traces(secret: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 1; at + 4 <= secret.length; at += 4) {
    const part = Buffer.from(secret.subarray(at, at + 4));
    const numbers = [...part];
    found.push(part.toString("hex"), part.toString("hex").toUpperCase());
    found.push(
      numbers.join(","),
      numbers.join(", "),
      (part.toString("hex").match(/../g) ?? []).join(" "),
    );
    found.push(numbers.map((byte, i) => `"${at + i}":${byte}`).join(","));
  }
  // Base64 does not fall on byte boundaries, so all of it.
  for (const skip of [0, 1]) {
    const text = Buffer.from(secret.subarray(skip)).toString("base64");
    found.push(text.slice(0, -4), text.replaceAll("+", "-").replaceAll("/", "_").slice(0, -4));
  }
  return found;
}

function expectHidden(value: unknown, secrets: readonly Uint8Array[]): void {
  const all = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity } as const;
  const texts = [
    inspect(value, all),
    inspect(value, { ...all, showHidden: true, getters: true }),
    inspect(value, { ...all, showHidden: true, customInspect: false }),
    JSON.stringify({ value }),
    String(value),
  ];
  for (const text of texts) {
    for (const secret of secrets) {
      for (const trace of traces(secret))
        expect(text.includes(trace), "a secret shows").toBe(false);
    }
  }
}

it("the search for secrets finds them where they do show", () => {
  const secret = make({ epoch: 1 }).share(sled(0)).bytes.slice();
  for (const leak of [
    secret,
    [...secret],
    Buffer.from(secret),
    { y: Buffer.from(secret).toString("base64") },
    `secret ${Buffer.from(secret).toString("hex")}`,
  ]) {
    expect(() => expectHidden(leak, [secret])).toThrow("a secret shows");
  }
});

describe.each(BACKENDS)("over the $name crypto", ({ crypto }) => {
  it("in no status, event, message, alarm, error or print-out of a node at work", () => {
    const lrtq = lrtqRack(3);
    const ids = sleds(4);
    const cluster = new Cluster({
      crypto,
      sleds: ids.map((id, i) => ({ id, lrtq: i < 3 ? lrtq.data(i) : null })),
    });
    const secrets: Uint8Array[] = [lrtq.secret, ...[0, 1, 2].map((i) => lrtq.data(i).share.bytes)];
    const seen: unknown[] = [];
    cluster.onSend = (from, to, message) => {
      if ("share" in message) secrets.push(message.share.bytes.slice());
      seen.push(inspect(message), JSON.stringify({ to, from, message }), message.kind);
    };
    const group = { rackId: lrtq.rackId, members: ids, threshold: 2 };
    cluster.connectAll();
    cluster.call(sled(0), (node) => node.coordinateUpgradeFromLrtq({ ...group, epoch: 2 }));
    look();
    cluster.settle();
    look();
    for (const id of ids) cluster.call(id, (node) => node.commit({ ...group, epoch: 2 }));
    cluster.call(sled(1), (node) => node.loadRackSecret(1));
    look();
    cluster.settle();
    using secret = cluster.call(sled(1), (node) => node.loadRackSecret(1));
    using newer = cluster.call(sled(1), (node) => node.loadRackSecret(2));
    for (const handle of [secret, newer]) {
      handle?.expose((bytes) => void secrets.push(bytes.slice()));
      seen.push(handle, inspect(handle), { handle });
    }
    look();
    for (const id of ids) seen.push(cluster.events(id));
    expect(secrets.length).toBeGreaterThan(10);
    expectHidden(seen, secrets);

    function look(): void {
      for (const id of ids) {
        const node = cluster.node(id);
        seen.push(
          inspect(node, { showHidden: true, depth: 9 }),
          inspect(node.status(), { depth: 9 }),
        );
        seen.push(JSON.stringify(node), JSON.stringify(node.status()), String(node));
        seen.push(node, node.status(), node.persistentState, node.coordinatorStatus());
      }
    }
  });

  it("in no error of a refused call, nor in its cause", () => {
    const made = make({ epoch: 1, crypto });
    const subject = new Subject(stateWith(sled(0), { committed: [made] }), { crypto });
    const secrets = [made.share(sled(0)).bytes.slice()];
    for (const call of [
      () => subject.node.loadRackSecret(9),
      () => subject.node.commit({ rackId: RACK, epoch: 9 }),
      () => subject.node.prepareAndCommit(make({ epoch: 1, members: sleds(5).slice(1) }).config),
    ]) {
      try {
        call();
        expect.unreachable();
      } catch (error) {
        expectHidden(error, secrets);
        expectHidden((error as Error).cause, secrets);
      }
    }
  });

  it("dispose zeroes what the node holds", () => {
    const made = make({ epoch: 1, crypto });
    const state = stateWith(sled(0), { committed: [made], lrtq: lrtqRack(3).data(0) });
    const share = state.shares.get(e(1));
    const subject = new Subject(state, { peers: [sled(1), sled(2)], crypto });
    subject.rackId = RACK;
    subject.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 2,
      lastCommittedEpoch: 1,
      members: sleds(3),
      threshold: 2,
    });
    subject.node.receive(sled(1), {
      kind: "share",
      epoch: e(1),
      share: made.share(sled(1)),
      rackId: RACK,
    });
    subject.node.dispose();
    expect(share?.bytes.every((byte) => byte === 0)).toBe(true);
    expect(state.lrtq?.share.bytes.every((byte) => byte === 0)).toBe(true);
    expect(subject.node.status()).toMatchObject({
      coordinating: null,
      computingShare: null,
      rackSecrets: { loaded: [], collecting: null },
    });
    // The Prepares that waited for the save are gone as well.
    expect(drain(subject.node).sent).toEqual([]);
  });
});
