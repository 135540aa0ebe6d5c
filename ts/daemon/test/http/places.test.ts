/** How the places for connections are shared out. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { openFilesMax } from "../../src/http/waiting-room.ts";
import { Places, networkOf } from "../../src/http/places.ts";
import type { Owner } from "../../src/http/places.ts";

class FakeSocket extends EventEmitter {
  remoteAddress: string | undefined;
  gone = false;
  destroy(): void {
    this.gone = true;
    this.emit("close");
  }
}

const LIMITS = { total: 6, unknown: 4, perPeer: 3 };

function placesFor(limits = LIMITS) {
  const ended: string[] = [];
  const places = new Places(limits, (reason, { peer }) => ended.push(`${reason} ${String(peer)}`));
  const open = (peer: string | null, group = ""): [FakeSocket, boolean] => {
    const socket = new FakeSocket();
    const owner: Owner = { peer, group };
    return [socket, places.take(socket as unknown as Socket, owner)];
  };
  const many = (count: number, peer: string | null, group = ""): FakeSocket[] =>
    Array.from({ length: count }, () => {
      const [socket, isIn] = open(peer, group);
      expect(isIn).toBe(true);
      return socket;
    });
  const work = (sockets: readonly FakeSocket[]): void => {
    for (const socket of sockets) places.request(socket as unknown as Socket, 1);
  };
  return { places, ended, open, many, work };
}

const goneOf = (sockets: readonly FakeSocket[]): boolean[] => sockets.map(({ gone }) => gone);

describe("at a limit", () => {
  test("the oldest of those that are not known makes room for the next of them", () => {
    const { many, places, ended } = placesFor();
    const first = many(4, null);
    many(2, null);
    expect(goneOf(first)).toEqual([true, true, false, false]);
    expect(places.size).toBe(4);
    expect(ended).toEqual(["madeRoom null", "madeRoom null"]);
  });

  test("it stays the limit where the last place of the same owner has made the room", () => {
    const { many, places } = placesFor({ total: 6, unknown: 1, perPeer: 1 });
    many(5, null, "10.0.0.1");
    expect(places.size).toBe(1);
    many(5, "uid 1");
    expect(places.size).toBe(2);
  });

  test("the group that holds most makes room, not the one that came first", () => {
    const { many } = placesFor();
    const [lone] = many(1, null, "10.0.0.1");
    const flood = many(10, null, "10.0.0.2");
    expect(lone?.gone).toBe(false);
    expect(goneOf(flood).filter((gone) => !gone)).toHaveLength(3);
  });

  test("a peer's own idle connection makes room for its next one, and nobody else's", () => {
    const { many, work } = placesFor();
    const own = many(3, "uid 1");
    const other = many(3, "uid 2");
    work(own.slice(0, 1));
    many(1, "uid 1");
    expect(goneOf(own)).toEqual([false, true, false]);
    expect(goneOf(other)).toEqual([false, false, false]);
  });

  test("a peer all of whose connections are at work is turned away, others are let in", () => {
    const { many, work, open, ended } = placesFor();
    work(many(3, "uid 1"));
    expect(open("uid 1")[1]).toBe(false);
    expect(ended).toEqual(["peerLimit uid 1"]);
    expect(open("uid 2")[1]).toBe(true);
  });

  test("those that are not known go before anybody who is", () => {
    const { many } = placesFor();
    const known = many(3, "uid 1");
    const strangers = many(3, null);
    many(2, "uid 2");
    expect(goneOf(known)).toEqual([false, false, false]);
    expect(goneOf(strangers)).toEqual([true, true, false]);
  });

  test("whoever holds most gives one up for another peer, even where all are at work", () => {
    const { many, work } = placesFor();
    const most = many(3, "uid 1");
    const two = many(2, "uid 2");
    const one = many(1, "uid 3");
    work([...most, ...two, ...one]);
    many(1, "uid 4");
    expect(goneOf(most)).toEqual([true, false, false]);
    expect(goneOf([...two, ...one])).toEqual([false, false, false]);
  });
});

test("a place is free once its connection has closed, and counts for its owner once that is known", () => {
  const { places, many, open } = placesFor();
  const sockets = many(4, null);
  const [first] = sockets as [FakeSocket];
  expect(places.identify(first as unknown as Socket, { peer: "operator a", group: "" })).toBe(true);
  many(1, null);
  expect(goneOf(sockets)).toEqual([false, false, false, false]);
  for (const socket of sockets) socket.destroy();
  expect(places.size).toBe(1);
  expect(places.identify(first as unknown as Socket, { peer: "operator a", group: "" })).toBe(
    false,
  );
  for (let i = 0; i < 3; i++) expect(open("operator a")[1]).toBe(true);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2/64"],
  ["2001:db8::1", "2001:db8:0:0/64"],
  ["fe80::1%eth0", "fe80:0:0:0/64"],
  ["::1", "0:0:0:0/64"],
  [undefined, ""],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("how many files may be open is the system's word, or a cautious guess", () => {
  expect(openFilesMax()).toBeGreaterThan(100);
  expect(openFilesMax("/nowhere")).toBe(1024);
});
