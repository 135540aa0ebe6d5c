/** Mutations of an input: of its bytes, of its JSON text, or of the values in it. */
import type { Random } from "@trust-quorum/random";

/** Several changes of bytes anywhere in an input; `other` is spliced in. */
export function mutated(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes = input;
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    bytes = changed(random, bytes, other);
  }
  return bytes;
}

function changed(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(12));
  switch (random.below(11)) {
    case 8:
      return longer(bytes, at);
    case 9:
      return replaced(bytes, at, at, Uint8Array.of(0x18));
    case 0:
    case 1:
      return replaced(bytes, at, at + 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 2:
      return replaced(bytes, at, at + 1, Uint8Array.of(random.pick(EXTREMES)));
    case 3:
      return replaced(bytes, at, end, random.bytes(random.below(8)));
    case 4:
      return bytes.slice(0, at);
    case 5:
      return replaced(bytes, at, end, new Uint8Array());
    case 6:
      return replaced(bytes, at, at, bytes.subarray(at, end));
    case 7: {
      const from = random.below(other.length + 1);
      return replaced(bytes, at, end, other.subarray(from, from + random.below(200)));
    }
    default:
      return replaced(bytes, at, end, hugeClaim(random));
  }
}

const EXTREMES = [
  0, 1, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x30, 0x22, 0x5c, 0x7f, 0xf6, 0xff,
];

/** The same integer or length in one byte more than it needs, if a CBOR item starts here. */
function longer(bytes: Uint8Array, at: number): Uint8Array {
  const initial = bytes[at] ?? 0;
  const info = initial & 31;
  const item = info < 24 ? [initial - info + 24, info] : [initial + 1, 0];
  return replaced(bytes, at, at + 1, Uint8Array.from(item));
}

/** The head of a CBOR item with a very large length. */
export function hugeClaim(random: Random): Uint8Array {
  const major = random.below(8) << 5;
  if (random.chance(1 / 2)) return Uint8Array.from([major | 26, ...random.bytes(4)]);
  return Uint8Array.from([
    major | 27,
    ...(random.chance(1 / 2) ? random.bytes(8) : Array<number>(8).fill(255)),
  ]);
}

/** The same level of nesting, repeated. */
export function nested(random: Random, levels: readonly Uint8Array[]): Uint8Array {
  const level = random.pick(levels);
  const times = 1 + random.below(20_000);
  const bytes = new Uint8Array(level.length * times);
  for (let i = 0; i < times; i++) bytes.set(level, i * level.length);
  return bytes;
}

/** A change of the text of JSON: a token changed, doubled or exchanged for another one. */
export function mutatedJson(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(1 / 3)) return mutated(random, input, other);
  const [start, end] = token(random, input);
  switch (random.below(5)) {
    case 0:
      return replaced(input, start, end, ascii(random.pick(TOKENS)));
    case 1:
      return replaced(input, end, end, input.subarray(start, end));
    case 2:
      return replaced(input, start, end, new Uint8Array());
    case 3: {
      const [from, to] = token(random, other);
      return replaced(input, start, end, other.subarray(from, to));
    }
    default: {
      const [from, to] = token(random, input);
      if (end > from) return input.slice(0, end);
      const between = input.subarray(end, from);
      const swapped = [input.subarray(from, to), between, input.subarray(start, end)];
      return joined([input.subarray(0, start), ...swapped, input.subarray(to)]);
    }
  }
}

const TOKENS = [
  "null", "true", "-1", "1.0", "1e3", "01", "9007199254740991", "9007199254740992", "256", "0",
  '""', '"\\u0041"', '"\\n"', "[]", "{}", " ", '"Nexus"', "18446744073709551615",
]; // prettier-ignore

/** The bounds of a run of word characters, or of one other character. */
function token(random: Random, bytes: Uint8Array): [start: number, end: number] {
  let start = random.below(Math.max(1, bytes.length));
  let end = Math.min(bytes.length, start + 1);
  if (!isWord(bytes[start] ?? 0)) return [start, end];
  while (start > 0 && isWord(bytes[start - 1] ?? 0)) start--;
  while (end < bytes.length && isWord(bytes[end] ?? 0)) end++;
  return [start, end];
}

function isWord(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 48 && byte <= 57) || (lower >= 97 && lower <= 122) || byte === 95 || byte === 45;
}

/** A change of one value of a tree of maps, arrays, texts, numbers and byte strings. */
export function mutatedValue(random: Random, value: unknown, depth = 0): unknown {
  const here = random.chance(1 / 6) || depth > 12;
  if (Array.isArray(value) && value.length > 0) {
    return here ? changedItems(random, value) : changedOne(random, value, depth);
  }
  if (isMap(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return odd(random);
    if (here) return Object.fromEntries(changedItems(random, entries) as [string, unknown][]);
    const at = random.below(entries.length);
    return Object.fromEntries(
      entries.map(([key, item], i) => [
        key,
        i === at ? mutatedValue(random, item, depth + 1) : item,
      ]),
    );
  }
  if (typeof value === "number" && random.chance(1 / 2)) return value + random.below(5) - 2;
  if (typeof value === "string" && random.chance(1 / 2)) return changedText(random, value);
  if (value instanceof Uint8Array && random.chance(1 / 2)) return value.slice(random.below(3));
  return odd(random);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function changedOne(random: Random, items: readonly unknown[], depth: number): unknown[] {
  const at = random.below(items.length);
  return items.map((item, i) => (i === at ? mutatedValue(random, item, depth + 1) : item));
}

function changedItems(random: Random, items: readonly unknown[]): unknown[] {
  const at = random.below(items.length);
  const rest = items.filter((_, i) => i !== at);
  const moved = items[at];
  switch (random.below(3)) {
    case 0:
      return rest;
    case 1:
      return [...items, moved];
    default:
      rest.splice(random.below(items.length), 0, moved);
      return rest;
  }
}

function changedText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return (
    text.slice(0, at) +
    random.pick(["", ":", "é", "\u{1f980}", "\n", "0", "A"]) +
    text.slice(at + 1)
  );
}

function odd(random: Random): unknown {
  const odds: unknown[] = [
    null,
    true,
    0,
    1,
    24,
    2 ** 32,
    2 ** 53 - 1,
    2n ** 64n - 1n,
    -1,
    1.5,
    "",
    "Nexus",
  ];
  return random.pick([...odds, [], {}, new Uint8Array(16), new Uint8Array(32)]);
}

function replaced(bytes: Uint8Array, start: number, end: number, piece: Uint8Array): Uint8Array {
  return joined([bytes.subarray(0, start), piece, bytes.subarray(end)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
