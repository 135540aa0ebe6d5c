/** Every way in which input is refused: the code, and the offset of the byte that is refused. */
import { describe, expect, test } from "vitest";
import { ERRORS, isTrustQuorumError } from "../../src/base/errors.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { decodePeerMessage, decodeWireMessage } from "../../src/wire/decode.ts";
import { NULL, TRUE, array, bytes, cat, head, map, text, uint } from "./cbor.ts";

const RACK = new Uint8Array(16).fill(0x11);
const DIGEST = new Uint8Array(32).fill(0x22);
const Y = array(...Array.from({ length: 32 }, (_, i) => uint(i * 8)));

const sled = (part: string, serial: string): Uint8Array =>
  map(["part_number", text(part)], ["serial_number", text(serial)]);
const member = (id: Uint8Array): Uint8Array => array(id, bytes(DIGEST));
const A = sled("p", "a");
const B = sled("p", "b");
const C = sled("p", "c");

interface ConfigurationFields {
  epoch?: Uint8Array;
  coordinator?: Uint8Array;
  members?: Uint8Array;
  threshold?: Uint8Array;
  encrypted?: Uint8Array;
}

function configuration(fields: ConfigurationFields = {}): Uint8Array {
  return map(
    ["rack_id", bytes(RACK)],
    ["epoch", fields.epoch ?? uint(5)],
    ["coordinator", fields.coordinator ?? A],
    ["members", fields.members ?? array(member(A), member(B), member(C))],
    ["threshold", fields.threshold ?? uint(2)],
    ["encrypted_rack_secrets", fields.encrypted ?? NULL],
  );
}

/** A peer message of this kind, which starts at byte `KIND_AT`. */
function peer(kind: Uint8Array): Uint8Array {
  return map(["rack_id", bytes(RACK)], ["kind", kind]);
}
const KIND_AT = 1 + 8 + 17 + 5;

/** A peer message of one configuration, which starts at byte `CONFIG_AT`. */
function advance(fields: ConfigurationFields): Uint8Array {
  return peer(map(["CommitAdvance", configuration(fields)]));
}
const CONFIG_AT = KIND_AT + 1 + 14;
const EPOCH_AT = CONFIG_AT + 1 + 8 + 17 + 6;

function refusal(body: Uint8Array, decode: (body: Uint8Array) => unknown): unknown {
  try {
    decode(body);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    return { code: error.code, ...error.details };
  }
  throw new Error("accepted");
}

const ofPeer = (body: Uint8Array): unknown => refusal(body, decodePeerMessage);
const ofFrame = (body: Uint8Array): unknown => refusal(body, decodeWireMessage);

/** The offset of a part in a body. */
function at(body: Uint8Array, part: Uint8Array): number {
  return Buffer.from(body).indexOf(part);
}

const seen = new Set<ErrorCode>();
function wire(code: ErrorCode, details: object): object {
  seen.add(code);
  return { code, ...details };
}

test("the inputs below are accepted where nothing is wrong with them", () => {
  for (const body of [
    advance({}),
    advance({ encrypted: map(["salt", bytes(DIGEST)], ["data", text("00ff")]) }),
    peer(map(["Share", map(["epoch", uint(1)], ["share", share(uint(255), Y)])])),
    peer(map(["LrtqShare", array(uint(1), ...Array<Uint8Array>(32).fill(uint(24)))])),
    peer(text("GetLrtqShare")),
  ]) {
    expect(() => decodePeerMessage(body)).not.toThrow();
  }
});

function share(x: Uint8Array, y: Uint8Array): Uint8Array {
  return map(["x_coordinate", x], ["y_coordinates", y]);
}

describe("lengths and types", () => {
  test("nothing at all, and an end in the middle", () => {
    expect(ofFrame(new Uint8Array())).toEqual(wire("ERR_TQ_WIRE_TRUNCATED", { offset: 0 }));
    expect(ofPeer(Uint8Array.of(0xa2))).toEqual(wire("ERR_TQ_WIRE_TRUNCATED", { offset: 1 }));
    const body = peer(map(["PrepareAck", uint(70000)])).subarray(0, -2);
    expect(ofPeer(body)).toEqual(wire("ERR_TQ_WIRE_TRUNCATED", { offset: body.length }));
  });

  test("bytes after the message", () => {
    expect(ofFrame(cat(text("Ping"), [0]))).toEqual(
      wire("ERR_TQ_WIRE_TRAILING_BYTES", { offset: 5 }),
    );
    const ack = peer(map(["PrepareAck", uint(3)]));
    expect(ofPeer(cat(ack, ack))).toEqual(
      wire("ERR_TQ_WIRE_TRAILING_BYTES", { offset: ack.length }),
    );
  });

  test.each([
    ["map", Uint8Array.of(0xbf)],
    ["array", Uint8Array.of(0x9f)],
    ["text", Uint8Array.of(0x7f)],
    ["byte string", Uint8Array.of(0x5f)],
  ])("an indefinite %s", (_, initial) => {
    const expected = wire("ERR_TQ_WIRE_INDEFINITE_LENGTH", { offset: KIND_AT });
    expect(ofPeer(peer(cat(initial, [0xff])))).toEqual(expected);
  });

  test("an indefinite array of a share's bytes", () => {
    const body = peer(map(["LrtqShare", cat([0x9f], new Uint8Array(33).fill(1), [0xff])]));
    expect(ofPeer(body)).toEqual(
      wire("ERR_TQ_WIRE_INDEFINITE_LENGTH", { offset: KIND_AT + 1 + 10 }),
    );
  });

  test.each([
    [23, 1],
    [255, 2],
    [65535, 4],
    [2 ** 32 - 1, 8],
  ] as const)("%i in %i bytes, which is longer than needed", (value, size) => {
    const body = peer(map(["PrepareAck", head(0, value, size)]));
    expect(ofPeer(body)).toEqual(
      wire("ERR_TQ_WIRE_NON_CANONICAL_LENGTH", { offset: KIND_AT + 1 + 11 }),
    );
    expect(() => decodePeerMessage(peer(map(["PrepareAck", uint(value + 1)])))).not.toThrow();
  });

  test("a count, a text, a byte string and a share's byte that are longer than needed", () => {
    const offset = (body: Uint8Array, part: Uint8Array): object =>
      wire("ERR_TQ_WIRE_NON_CANONICAL_LENGTH", { offset: at(body, part) });
    const count = cat(head(5, 2, 1), peer(text("GetLrtqShare")).subarray(1));
    expect(ofPeer(count)).toEqual(offset(count, Uint8Array.of(0xb8, 2)));
    const key = cat([0xa2], head(3, 7, 1), peer(text("GetLrtqShare")).subarray(2));
    expect(ofPeer(key)).toEqual(offset(key, Uint8Array.of(0x78, 7)));
    const rack = map(["rack_id", cat(head(2, 16, 2), RACK)], ["kind", text("GetLrtqShare")]);
    expect(ofPeer(rack)).toEqual(offset(rack, Uint8Array.of(0x59, 0, 16)));
    const byte = cat(head(4, 33), new Uint8Array(32).fill(1), [0x18, 23]);
    const lrtq = peer(map(["LrtqShare", byte]));
    expect(ofPeer(lrtq)).toEqual(offset(lrtq, Uint8Array.of(0x18, 23)));
  });

  test.each([
    ["a tag", [0xc0, 1]],
    ["a negative number", [0x20]],
    ["a half", [0xf9, 0x3c, 0]],
    ["a float", [0xfa, 0, 0, 0, 0]],
    ["a double", [0xfb, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["undefined", [0xf7]],
    ["another simple value", [0xf8, 255]],
    ["an unassigned simple value", [0xe0]],
    ["a break", [0xff]],
    ["a reserved length", [0x1c]],
    ["an integer of indefinite length", [0x1f]],
    ["a reserved length of text", [0x7e]],
  ])("%s", (_, item) => {
    const body = peer(map(["PrepareAck", Uint8Array.from(item)]));
    expect(ofPeer(body)).toEqual(
      wire("ERR_TQ_WIRE_UNSUPPORTED_TYPE", { offset: KIND_AT + 1 + 11 }),
    );
  });

  test("another type than the one that belongs there", () => {
    const unexpected = (offset: number, expected: string): object =>
      wire("ERR_TQ_WIRE_UNEXPECTED_TYPE", { offset, expected });
    const ack = (item: Uint8Array): Uint8Array => peer(map(["PrepareAck", item]));
    for (const item of [text("3"), bytes(Uint8Array.of(3)), array(uint(3)), map(), NULL, TRUE]) {
      expect(ofPeer(ack(item))).toEqual(unexpected(KIND_AT + 1 + 11, "an unsigned integer"));
    }
    expect(ofFrame(uint(1))).toEqual(unexpected(0, "text or a map of 1 entry"));
    expect(ofPeer(array())).toEqual(unexpected(0, "a map of 2 entries"));
    expect(ofPeer(cat([0xa2], uint(1)))).toEqual(unexpected(1, "text"));
    const noData = map(["ProxyRequest", map(["request_id", bytes(RACK)], ["op", NULL])]);
    expect(ofFrame(noData)).toEqual(unexpected(noData.length - 1, "text or a map of 1 entry"));
    const result = map(["ProxyResponse", map(["request_id", bytes(RACK)], ["result", text("Ok")])]);
    expect(ofFrame(result)).toEqual(unexpected(result.length - 3, "a map of 1 entry"));
    expect(ofFrame(response(map(["Ok", map(["Commit", map()])])))).toEqual(
      unexpected(RESULT_AT + 1 + 3 + 1 + 7, "text"),
    );
    expect(ofFrame(response(map(["Err", map(["NoInnerError", uint(0)])])))).toEqual(
      unexpected(RESULT_AT + 1 + 4 + 1 + 13, "null"),
    );
    expect(ofFrame(status({ hasLrtqShare: NULL }))).toEqual(
      unexpected(at(status({}), text("has_lrtq_share")) + 15, "a boolean"),
    );
  });

  test("another length than the one that belongs there", () => {
    const wrong = (offset: number, expected: string): object =>
      wire("ERR_TQ_WIRE_WRONG_LENGTH", { offset, expected });
    expect(ofPeer(map(["rack_id", bytes(RACK)]))).toEqual(wrong(0, "a map of 2 entries"));
    expect(ofPeer(map(["rack_id", bytes(RACK.subarray(1))], ["kind", NULL]))).toEqual(
      wrong(9, "16 bytes"),
    );
    for (const count of [31, 33]) {
      const y = array(...Array<Uint8Array>(count).fill(uint(1)));
      const body = peer(map(["Share", map(["epoch", uint(1)], ["share", share(uint(1), y)])]));
      expect(ofPeer(body)).toEqual(wrong(at(body, y), "an array of 32"));
    }
    const short = array(...Array<Uint8Array>(32).fill(uint(1)));
    expect(ofPeer(peer(map(["LrtqShare", short])))).toEqual(
      wrong(KIND_AT + 1 + 10, "an array of 33"),
    );
    const digest = bytes(DIGEST.subarray(1));
    const members = advance({ members: array(array(A, digest), member(B), member(C)) });
    expect(ofPeer(members)).toEqual(wrong(at(members, digest), "32 bytes"));
    const salt = advance({ encrypted: map(["salt", bytes(RACK)], ["data", text("")]) });
    expect(ofPeer(salt)).toEqual(wrong(at(salt, text("salt")) + 5, "32 bytes"));
    expect(ofPeer(peer(map(["PrepareAck", uint(1)], ["GetShare", uint(1)])))).toEqual(
      wrong(KIND_AT, "a map of 1 entry"),
    );
  });
});

describe("keys and names", () => {
  test("unknown, repeated, reordered or cut keys", () => {
    const unexpected = (offset: number, expected: string): object =>
      wire("ERR_TQ_WIRE_UNEXPECTED_KEY", { offset, expected });
    const kind = text("GetLrtqShare");
    expect(ofPeer(map(["kind", kind], ["rack_id", bytes(RACK)]))).toEqual(unexpected(1, "rack_id"));
    expect(ofPeer(map(["rack_id", bytes(RACK)], ["rack_id", bytes(RACK)]))).toEqual(
      unexpected(KIND_AT - 5, "kind"),
    );
    expect(ofPeer(map(["rack_id", bytes(RACK)], ["kinds", kind]))).toEqual(
      unexpected(KIND_AT - 5, "kind"),
    );
    expect(ofPeer(map(["Rack_id", bytes(RACK)], ["kind", kind]))).toEqual(unexpected(1, "rack_id"));
  });

  test("unknown variants, and known ones with or without data where they have none or some", () => {
    const unknown = (offset: number, type: string): object =>
      wire("ERR_TQ_WIRE_UNKNOWN_VARIANT", { offset, type });
    expect(ofFrame(text("Pong"))).toEqual(unknown(0, "WireMsg"));
    expect(ofFrame(map(["Ping", NULL]))).toEqual(unknown(1, "WireMsg"));
    expect(ofFrame(text("Tq"))).toEqual(unknown(0, "WireMsg"));
    expect(ofPeer(peer(map(["Prepares", uint(1)])))).toEqual(unknown(KIND_AT + 1, "PeerMsg kind"));
    expect(ofPeer(peer(map(["GetLrtqShare", NULL])))).toEqual(unknown(KIND_AT + 1, "PeerMsg kind"));
    const request = (op: Uint8Array): Uint8Array =>
      map(["ProxyRequest", map(["request_id", bytes(RACK)], ["op", op])]);
    const decommission = request(text("Decommission"));
    expect(ofFrame(decommission)).toEqual(unknown(decommission.length - 13, "op"));
    expect(ofFrame(response(map(["Maybe", NULL])))).toEqual(unknown(RESULT_AT + 1, "result"));
    expect(ofFrame(response(map(["Ok", map(["Commit", text("done")])])))).toEqual(
      unknown(RESULT_AT + 1 + 3 + 1 + 7, "commit status"),
    );
    const failed = status({ alarms: alarmOf("share_computation_failed", text("aead")) });
    expect(ofFrame(failed)).toEqual(unknown(at(failed, text("aead")), "failure"));
    const lrtq = status({ alarms: alarmOf("lrtq_secret_reconstruction_failed", text("aead")) });
    expect(ofFrame(lrtq)).toEqual(
      unknown(at(lrtq, text("lrtq_secret_reconstruction_failed")), "alarm"),
    );
  });
});

describe("values", () => {
  const range = (offset: number, type: string): object =>
    wire("ERR_TQ_WIRE_OUT_OF_RANGE", { offset, type });

  test("numbers out of range", () => {
    for (const epoch of [0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      expect(ofPeer(advance({ epoch: uint(epoch) }))).toEqual(range(EPOCH_AT, "epoch"));
    }
    expect(() => decodePeerMessage(advance({ epoch: uint(2n ** 53n - 1n) }))).not.toThrow();
    const threshold = advance({ threshold: uint(256) });
    expect(ofPeer(threshold)).toEqual(range(at(threshold, text("threshold")) + 10, "threshold"));
    const network = map(["NetworkConfig", map(["generation", uint(2n ** 53n)], ["blob", array()])]);
    expect(ofFrame(network)).toEqual(range(1 + 14 + 1 + 11, "generation"));
    const blob = map(["NetworkConfig", map(["generation", uint(0)], ["blob", array(uint(256))])]);
    expect(ofFrame(blob)).toEqual(range(blob.length - 3, "byte"));
    const proxied = status({ proxied: uint(2n ** 63n) });
    expect(ofFrame(proxied)).toEqual(range(proxied.length - 9, "proxied_requests"));
  });

  test("shares with number 0 or above 255", () => {
    for (const x of [0, 256]) {
      const body = peer(map(["Share", map(["epoch", uint(1)], ["share", share(uint(x), Y)])]));
      expect(ofPeer(body)).toEqual(range(at(body, text("x_coordinate")) + 13, "x_coordinate"));
    }
    const lrtq = array(...Array<Uint8Array>(33).fill(uint(0)));
    expect(ofPeer(peer(map(["LrtqShare", lrtq])))).toEqual(
      range(KIND_AT + 1 + 10, "LRTQ share identifier"),
    );
  });

  test("text that is not UTF-8", () => {
    const bad = cat([0x62, 0xc3, 0x28]);
    const body = advance({
      coordinator: map(["part_number", bad], ["serial_number", text("a")]),
    });
    expect(ofPeer(body)).toEqual(wire("ERR_TQ_WIRE_INVALID_UTF8", { offset: at(body, bad) + 1 }));
    for (const overlong of [
      [0x62, 0xc0, 0x80],
      [0x63, 0xed, 0xa0, 0x80],
      [0x64, 0xf4, 0x90, 0x80, 0x80],
    ]) {
      const item = Uint8Array.from(overlong);
      const sledItem = map(["part_number", item], ["serial_number", text("a")]);
      expect(ofPeer(advance({ coordinator: sledItem }))).toMatchObject({
        code: "ERR_TQ_WIRE_INVALID_UTF8",
      });
    }
  });

  test("a byte order mark is part of the text", () => {
    const id = sled("p", "\ufeffa");
    const body = advance({ coordinator: id, members: array(member(B), member(C), member(id)) });
    const message = decodePeerMessage(body);
    expect("config" in message ? message.config.coordinator : "").toBe("p:\ufeffa");
  });

  test.each([
    ["an empty part", sled("", "a"), "a part is empty"],
    ["a colon", sled("p:q", "a"), "a part has a colon or a control character"],
    ["a control character", sled("p", "a\n"), "a part has a colon or a control character"],
    ["65 bytes", sled("p", "é".repeat(32) + "x"), "a part is longer than 64 bytes"],
  ])("an id of a sled with %s", (_, id, problem) => {
    expect(ofPeer(advance({ coordinator: id }))).toEqual(
      wire("ERR_TQ_WIRE_INVALID_VALUE", {
        offset: EPOCH_AT + 1 + 12,
        type: "BaseboardId",
        problem,
      }),
    );
  });

  test.each<[string, ConfigurationFields, string]>([
    ["a foreign coordinator", { coordinator: sled("p", "d") }, "its coordinator is not a member"],
    [
      "members out of order",
      { members: array(member(B), member(A), member(C)) },
      "its members are not in strict order",
    ],
    [
      "a member twice",
      { members: array(member(A), member(A), member(C)) },
      "its members are not in strict order",
    ],
    ["a threshold of 1", { threshold: uint(1) }, "its threshold is 1"],
    [
      "a threshold of all",
      { threshold: uint(3) },
      "its threshold is not below the number of its members",
    ],
  ])("a configuration with %s", (_, fields, problem) => {
    expect(ofPeer(advance(fields))).toEqual(
      wire("ERR_TQ_WIRE_INVALID_VALUE", { offset: CONFIG_AT, type: "configuration", problem }),
    );
  });

  test.each([2, 33])("a configuration of %i members", (count) => {
    const ids = Array.from({ length: count }, (_, i) => sled("p", String.fromCharCode(0x61 + i)));
    const members = array(...ids.map(member));
    const body = advance({ members, coordinator: A });
    expect(ofPeer(body)).toEqual(
      wire("ERR_TQ_WIRE_INVALID_VALUE", {
        offset: at(body, members),
        type: "configuration",
        problem: `it has ${count} members`,
      }),
    );
  });

  test.each(["0", "0G", "AA", "0 ", "ā0"])("encrypted secrets that are not hex: %s", (data) => {
    const body = advance({ encrypted: map(["salt", bytes(DIGEST)], ["data", text(data)]) });
    expect(ofPeer(body)).toEqual(
      wire("ERR_TQ_WIRE_INVALID_VALUE", {
        offset: at(body, text("data")) + 5,
        type: "encrypted_rack_secrets",
        problem: "it is not lower-case hex of whole bytes",
      }),
    );
  });

  test("sets out of order or with an item twice", () => {
    const order = { type: "set", problem: "it is not in strict order" };
    for (const peers of [array(B, A), array(A, A)]) {
      const body = status({ peers });
      const offset = at(body, text("connected_peers")) + 16 + 1 + A.length;
      expect(ofFrame(body)).toEqual(wire("ERR_TQ_WIRE_INVALID_VALUE", { offset, ...order }));
    }
    for (const configs of [array(uint(2), uint(1)), array(uint(2), uint(2))]) {
      const body = status({ configs });
      const offset = at(body, text("configs")) + 8 + 2;
      expect(ofFrame(body)).toEqual(wire("ERR_TQ_WIRE_INVALID_VALUE", { offset, ...order }));
    }
  });

  test("an alarm from something that is no sled", () => {
    for (const from of ["nexus", "a:b:c", ""]) {
      const alarm = map(
        ["config1", configuration()],
        ["config2", configuration()],
        ["from", text(from)],
      );
      const body = status({ alarms: array(map(["mismatched_configurations", alarm])) });
      expect(ofFrame(body)).toMatchObject({
        code: "ERR_TQ_WIRE_INVALID_VALUE",
        offset: at(body, cat(text("from"), text(from))) + 5,
      });
    }
  });
});

function response(result: Uint8Array): Uint8Array {
  return map(["ProxyResponse", map(["request_id", bytes(RACK)], ["result", result])]);
}
const RESULT_AT = 1 + 14 + 1 + 11 + 17 + 7;

function status(fields: {
  peers?: Uint8Array;
  alarms?: Uint8Array;
  hasLrtqShare?: Uint8Array;
  configs?: Uint8Array;
  proxied?: Uint8Array;
}): Uint8Array {
  const state = map(
    ["has_lrtq_share", fields.hasLrtqShare ?? TRUE],
    ["configs", fields.configs ?? array()],
    ["shares", array()],
    ["commits", array()],
    ["expunged", NULL],
  );
  const value = map(
    ["connected_peers", fields.peers ?? array()],
    ["alarms", fields.alarms ?? array()],
    ["persistent_state", state],
    ["proxied_requests", fields.proxied ?? uint(0)],
  );
  return response(map(["Ok", map(["Status", value])]));
}

function alarmOf(name: string, err: Uint8Array): Uint8Array {
  return array(map([name, map(["epoch", uint(4)], ["err", err])]));
}

test("every code of the wire has an input above", () => {
  const codes = Object.keys(ERRORS).filter((code) => code.startsWith("ERR_TQ_WIRE_"));
  expect([...seen].sort()).toEqual(codes.sort());
});
