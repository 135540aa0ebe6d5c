/** Outputs are held back until the state before them is saved; and what a failed or slow save means. */
import { describe, expect, it } from "vitest";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import type { Output } from "../../src/protocol/outputs.ts";
import { OUTPUTS_MAX } from "../../src/protocol/outputs.ts";
import {
  RACK,
  Subject,
  brief,
  drain,
  e,
  make,
  sled,
  sleds,
  stateWith,
  thrown,
} from "./fixtures.ts";
import type { Made } from "./fixtures.ts";

const SELF = sled(0);
const FIRST = make({ epoch: 1 });
const SECOND = make({ epoch: 2 });
const THIRD = make({ epoch: 3 });

function prepareOf(made: Made): PeerMessage {
  return { kind: "prepare", config: made.config, share: made.share(SELF), rackId: RACK };
}

/** Everything that `poll()` gives without a save. */
function polled(subject: Subject): string[] {
  const found: string[] = [];
  for (let out = subject.node.poll(); out !== undefined; out = subject.node.poll()) {
    found.push(text(out));
  }
  return found;
}

function text(out: Output): string {
  switch (out.kind) {
    case "persist":
      return `persist ${out.generation}`;
    case "send":
      return brief(out.envelope.message);
    case "event":
      return out.event.kind;
    default:
      return out satisfies never;
  }
}

describe("the output queue", () => {
  it("hands out what needs no save at once, and holds back what follows a change", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    const ask: PeerMessage = { kind: "getShare", epoch: e(1), rackId: RACK };
    subject.node.receive(sled(1), ask);
    subject.node.receive(sled(1), prepareOf(SECOND));
    subject.node.receive(sled(2), ask);
    expect(polled(subject)).toEqual(["share 1", "persist 2"]);
    subject.node.persisted(2);
    expect(polled(subject)).toEqual(["prepareAck 2", "share 1"]);
  });

  it("has one save in flight; changes made meanwhile share the next one", () => {
    const subject = new Subject();
    subject.node.receive(sled(1), prepareOf(FIRST));
    expect(polled(subject)).toEqual(["persist 1"]);
    subject.node.receive(sled(1), prepareOf(SECOND));
    subject.node.receive(sled(1), prepareOf(THIRD));
    subject.node.commit({ rackId: RACK, epoch: 2 });
    expect(polled(subject)).toEqual([]);
    subject.node.persisted(1);
    expect(subject.node.persistedGeneration).toBe(1);
    expect(polled(subject)).toEqual(["prepareAck 1", "persist 4"]);
    expect(polled(subject)).toEqual([]);
    subject.node.persisted(4);
    expect(polled(subject)).toEqual(["prepareAck 2", "prepareAck 3", "committed"]);
    expect(subject.node.generation).toBe(4);
  });

  it("hands out the state as of its generation; later changes do not reach into a save", () => {
    const subject = new Subject();
    subject.node.receive(sled(1), prepareOf(FIRST));
    const persist = subject.node.poll();
    if (persist?.kind !== "persist") throw new Error("no save was asked for");
    subject.node.receive(sled(1), prepareOf(SECOND));
    subject.node.commit({ rackId: RACK, epoch: 1 });
    expect([...persist.state.configs.keys()]).toEqual([1]);
    expect([...persist.state.shares.keys()]).toEqual([1]);
    expect(persist.state.commits.size).toBe(0);
  });

  it("hands out nothing of a change for as long as its save is not confirmed", () => {
    const subject = new Subject(null, { peers: sleds(4).slice(1) });
    subject.node.coordinateReconfiguration({
      rackId: RACK,
      epoch: 1,
      lastCommittedEpoch: null,
      members: sleds(4),
      threshold: 2,
    });
    expect(polled(subject)).toEqual(["persist 1"]);
    subject.node.tick();
    subject.node.receive(sled(9), { kind: "getShare", epoch: e(1), rackId: RACK });
    expect(polled(subject)).toEqual([]);
    subject.node.persisted(1);
    const prepares = ["prepare 1", "prepare 1", "prepare 1"];
    expect(polled(subject)).toEqual([...prepares, ...prepares, "expunged 1"]);
  });

  it("refuses to confirm what is not being saved", () => {
    const subject = new Subject();
    const code = (generation: number) => thrown(() => subject.node.persisted(generation)).code;
    expect(code(0)).toBe("ERR_TQ_INVALID_GENERATION");
    subject.node.receive(sled(1), prepareOf(FIRST));
    // Not before it was handed out: nobody can have saved it.
    expect(code(1)).toBe("ERR_TQ_INVALID_GENERATION");
    expect(polled(subject)).toEqual(["persist 1"]);
    expect(code(0)).toBe("ERR_TQ_INVALID_GENERATION");
    expect(code(2)).toBe("ERR_TQ_INVALID_GENERATION");
    subject.node.receive(sled(1), prepareOf(SECOND));
    expect(code(2)).toBe("ERR_TQ_INVALID_GENERATION");
    expect(polled(subject)).toEqual([]);
    subject.node.persisted(1);
    expect(code(1)).toBe("ERR_TQ_INVALID_GENERATION");
    expect(polled(subject)).toEqual(["prepareAck 1", "persist 2"]);
  });

  it("starts from the generation of the ledger", () => {
    const subject = new Subject(stateWith(SELF, { prepared: [FIRST] }));
    expect([subject.node.generation, subject.node.persistedGeneration]).toEqual([1, 1]);
    subject.node.commit({ rackId: RACK, epoch: 1 });
    expect(polled(subject)).toEqual(["persist 2"]);
  });

  it("keeps its order over many more outputs than it compacts at once", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    const peers = sleds(3).slice(1);
    const recipients: string[] = [];
    const expected: string[] = [];
    for (let i = 0; i < 3000; i++) {
      const from = peers[i % 2] ?? SELF;
      subject.node.receive(from, { kind: "getShare", epoch: e(1), rackId: RACK });
      expected.push(from);
      // Every third step takes one out, so that the head moves while the queue grows.
      if (i % 3 === 0) take();
    }
    while (take());
    expect(recipients).toEqual(expected);

    function take(): boolean {
      const out = subject.node.poll();
      if (out?.kind === "send") recipients.push(out.envelope.to);
      return out !== undefined;
    }
  });
});

describe("a slow disk and a flood of messages", () => {
  it("beyond its limit drops messages and refusals and counts them; what must be told stays", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }), { peers: [sled(1)] });
    subject.node.receive(sled(1), prepareOf(SECOND));
    expect(polled(subject)).toEqual(["persist 2"]);
    const asks = OUTPUTS_MAX - 1 + 10;
    for (let i = 0; i < asks; i++) {
      subject.node.receive(sled(2), { kind: "getShare", epoch: e(1), rackId: RACK });
    }
    expect(subject.count("outputs_full")).toBe(10);
    expect(subject.node.status().diagnostics.recent.at(-1)).toMatchObject({
      reason: "outputs_full",
      from: sled(2),
    });
    // A refusal is still counted, but its event does not fill the memory.
    for (let i = 0; i < 10; i++) {
      subject.node.receive(sled(2), { kind: "getShare", epoch: e(9), rackId: RACK });
    }
    expect(subject.count("no_share_for_epoch")).toBe(10);
    // State still changes, and a commit is still told.
    subject.node.commit({ rackId: RACK, epoch: 2 });
    subject.node.persisted(2);
    const { sent, events } = drain(subject.node);
    expect(sent).toHaveLength(OUTPUTS_MAX);
    expect(events).toEqual([{ kind: "committed", epoch: 2 }]);
    // With room again, answers go out again.
    expect(subject.hear(sled(2), { kind: "getShare", epoch: e(2) }).sent).toHaveLength(1);
  });

  it("has a limit on what waits, not on what went through", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    const ask = () => {
      subject.node.receive(sled(2), { kind: "getShare", epoch: e(1), rackId: RACK });
    };
    for (let i = 0; i < 600; i++) ask();
    for (let i = 0; i < 500; i++) expect(subject.node.poll()).toBeDefined();
    for (let i = 100; i < OUTPUTS_MAX; i++) ask();
    expect(subject.count("outputs_full")).toBe(0);
    ask();
    expect(subject.count("outputs_full")).toBe(1);
  });

  it("keeps a Prepare's state though its acknowledgement was dropped; it is sent when asked again", () => {
    const subject = new Subject(stateWith(SELF, { committed: [FIRST] }));
    subject.node.receive(sled(1), prepareOf(SECOND));
    polled(subject);
    for (let i = 0; i < OUTPUTS_MAX; i++) {
      subject.node.receive(sled(2), { kind: "getShare", epoch: e(1), rackId: RACK });
    }
    subject.node.receive(sled(1), prepareOf(THIRD));
    expect(subject.state.shares.has(e(3))).toBe(true);
    subject.node.persisted(2);
    const sent = drain(subject.node).sent.map(({ message }) => brief(message));
    expect(sent).not.toContain("prepareAck 3");
    expect(subject.prepare(THIRD).sent.map(({ message }) => brief(message))).toEqual([
      "prepareAck 3",
    ]);
  });
});
